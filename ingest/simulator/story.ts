/**
 * What a demo folder remembers: which world it shows and when it was live, so that the same world can be grown again and go on with
 * consistent books. In `demo.json` (0600: it holds the demo's log-ins), replaced as a whole.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import { SCENARIOS } from './scenarios.ts';

/** Grows with every change of what a seed tells: another version's history cannot be carried on. */
export const STORY_VERSION = 1;
const FILE = 'demo.json';

const Story = z.object({
  version: z.literal(STORY_VERSION),
  seed: z.int().min(0),
  scenario: z.enum(SCENARIOS),
  timezone: z.string(),
  calendar: z.enum(['BR', 'none']),
  /** epoch ms */
  start: z.int(),
  /** epoch ms: where history ended and live began */
  end: z.int(),
  /** everything delivered by then was acknowledged, epoch ms */
  sent_through: z.int(),
  /** spans of live traffic, [from, to) epoch ms; the last `to` runs ahead of the clock */
  live: z.array(z.object({ from: z.int(), to: z.int(), rate_min: z.number().min(1) })),
  ingest_key: z.string(),
  users: z.array(
    z.object({
      email: z.string(),
      name: z.string(),
      role: z.enum(['admin', 'manager', 'collector', 'viewer']),
      password: z.string()
    })
  )
});
export type Story = z.infer<typeof Story>;

export type StoryFailure = {
  /** `other_data`: the folder is in use by something else; `unreadable`: of another version, or damaged */
  readonly kind: 'other_data' | 'unreadable';
  readonly retryable: false;
  readonly path: string;
};

/** @returns null: a new or empty folder */
export function readStory(dataDir: string): Result<Story | null, StoryFailure> {
  const path = join(dataDir, FILE);
  if (!existsSync(path)) {
    const isUsed = existsSync(dataDir) && readdirSync(dataDir).length > 0;
    return isUsed ? fail({ kind: 'other_data', retryable: false, path: dataDir }) : ok(null);
  }
  try {
    const parsed = Story.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? ok(parsed.data) : fail({ kind: 'unreadable', retryable: false, path });
  } catch {
    return fail({ kind: 'unreadable', retryable: false, path });
  }
}

export function writeStory(dataDir: string, story: Story): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, FILE);
  writeFileSync(`${path}.new`, `${JSON.stringify(story, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
