/** Runs a converter over texts, as an import does over files. */
import type { Convert, Conversion, ImportEvent } from './conversion.ts';
import { ImportFault } from './fault.ts';
import { createImportClock } from './import-clock.ts';
import type { Input } from './input.ts';
import { createSkipLog, type SkipLog } from './skips.ts';
import { zonedDay } from '#lib/domain/zone.ts';

/** @param chunkBytes how the bytes arrive: small chunks cut rows and characters */
export function inputOf(name: string, content: string | Buffer, encoding = 'utf-8', chunkBytes = 7): Input {
  const bytes = Buffer.from(content);
  return {
    path: name,
    name,
    hash: bytes.toString('hex').slice(0, 64),
    size: bytes.length,
    encoding,
    head: bytes,
    async *chunks() {
      for (let from = 0; from < bytes.length; from += chunkBytes) {
        await Promise.resolve();
        yield bytes.subarray(from, from + chunkBytes);
      }
    }
  };
}

export interface Converted {
  readonly events: readonly ImportEvent[];
  readonly skips: SkipLog;
  readonly rows: number;
  readonly notes: readonly string[];
}

export async function convertAll(
  convert: Convert,
  inputs: readonly Input[],
  options: {
    readonly zone?: string;
    readonly weeks?: number;
    readonly now?: number;
    readonly told?: Conversion['told'];
  } = {}
): Promise<Converted> {
  const skips = createSkipLog(Infinity);
  const notes: string[] = [];
  let rows = 0;
  const conversion: Conversion = {
    clock: createImportClock(zonedDay(options.zone ?? 'UTC'), options.weeks ?? 0),
    skips,
    now: options.now ?? Date.UTC(2026, 10, 24, 12),
    told: options.told ?? {},
    countRows: (n) => void (rows += n),
    note: (text) => void notes.push(text)
  };
  const events: ImportEvent[] = [];
  for await (const chunk of convert(inputs, conversion)) events.push(...chunk.events);
  return { events, skips, rows, notes };
}

/** The fault some work ends in. @throws when it ends otherwise */
export function faultOf(work: () => unknown): ImportFault {
  try {
    work();
  } catch (error) {
    if (error instanceof ImportFault) return error;
    throw error;
  }
  throw new Error('no fault');
}
