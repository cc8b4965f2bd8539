/**
 * What an interrupted import needs to go on: a small file, replaced at every acknowledgement and removed at the end.
 * Losing it costs time and nothing else: ids come from content, so what is sent twice is answered `duplicate`.
 */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { ImportFault } from './fault.ts';
import { contentHash } from './ids.ts';

const count = z.int().min(0);

export const Totals = z.strictObject({
  stored: count,
  duplicate: count,
  duplicate_differs: count,
  quarantined: count,
  rejected: count
});
export type Totals = z.infer<typeof Totals>;

/** An event that did not go in as new, for the report. */
export const Listed = z.strictObject({
  id: z.string(),
  file: z.string(),
  line: z.int(),
  status: z.string(),
  code: z.string(),
  detail: z.string()
});
export type Listed = z.infer<typeof Listed>;

export const Progress = z.strictObject({
  /** hash of inputs, preset or mapping, source and options: another import is another file */
  import_hash: z.string(),
  /** what counted as the future when it began (epoch ms) */
  now: z.int(),
  /** events acknowledged from the first on, without a gap */
  through: count,
  /** where the last of those batches began */
  last_from: count,
  totals: Totals,
  listed: z.array(Listed)
});
export type Progress = z.infer<typeof Progress>;

export const noTotals = (): Totals => ({ stored: 0, duplicate: 0, duplicate_differs: 0, quarantined: 0, rejected: 0 });

/** How far a source's dates were moved: every later file of it moves by the same weeks. */
const SourceShift = z.strictObject({ source: z.string(), weeks: z.int() });

async function readJson<T extends z.ZodType>(path: string, schema: T): Promise<z.output<T> | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return null;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new ImportFault(path, 'is no state of an import', 'delete the file and run again: nothing is counted twice');
  }
}

/** Replaces the file in one step: a crash leaves the old or the new one. */
async function writeJson(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.partial`;
  await writeFile(partial, JSON.stringify(value));
  await rename(partial, path);
}

export const progressPath = (folder: string, importHash: string): string => join(folder, `${importHash}.json`);
const shiftPath = (folder: string, source: string): string => join(folder, `source-${contentHash([source])}.json`);

/** null: none, or of another import */
export async function readProgress(path: string, importHash: string): Promise<Progress | null> {
  const progress = await readJson(path, Progress);
  return progress?.import_hash === importHash ? progress : null;
}
export const writeProgress = (path: string, progress: Progress): Promise<void> => writeJson(path, progress);
export const removeProgress = (path: string): Promise<void> => rm(path, { force: true });

/** Weeks the source was moved by; null: never moved. */
export async function readShift(folder: string, source: string): Promise<number | null> {
  const shift = await readJson(shiftPath(folder, source), SourceShift);
  return shift?.weeks ?? null;
}
export const writeShift = (folder: string, source: string, weeks: number): Promise<void> =>
  writeJson(shiftPath(folder, source), { source, weeks });
