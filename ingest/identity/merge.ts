/** Several sorted runs → one sorted stream. */
import { setImmediate as breathe } from 'node:timers/promises';
import { ENTRY_BYTES } from './entry.ts';
import { sortKey, type Run } from './run.ts';

const OUT_ENTRIES = 20_000;

interface Cursor {
  readonly blocks: AsyncGenerator<Buffer>;
  block: Buffer;
  offset: number;
  key: number;
}

/** @returns false: it has no more */
async function fill(cursor: Cursor): Promise<boolean> {
  if (cursor.offset >= cursor.block.length) {
    const next = await cursor.blocks.next();
    if (next.done === true) return false;
    cursor.block = next.value;
    cursor.offset = 0;
  }
  cursor.key = sortKey(cursor.block, cursor.offset);
  return true;
}

/** Yields to others between blocks: a merge of millions of entries must hold up nobody. */
export async function* mergeRuns(runs: readonly Run[]): AsyncGenerator<Buffer> {
  const cursors: Cursor[] = [];
  for (const run of runs) {
    const cursor: Cursor = { blocks: run.blocks(), block: Buffer.alloc(0), offset: 0, key: 0 };
    if (await fill(cursor)) cursors.push(cursor);
  }
  let out = Buffer.allocUnsafe(OUT_ENTRIES * ENTRY_BYTES);
  let used = 0;
  while (cursors.length > 0) {
    let least = 0;
    for (let i = 1; i < cursors.length; i++)
      if ((cursors[i]?.key ?? Infinity) < (cursors[least]?.key ?? Infinity)) least = i;
    const cursor = cursors[least];
    if (!cursor) break;
    cursor.block.copy(out, used, cursor.offset, cursor.offset + ENTRY_BYTES);
    used += ENTRY_BYTES;
    cursor.offset += ENTRY_BYTES;
    // no await while the block lasts: one a million entries would cost as much as the merge
    if (cursor.offset < cursor.block.length) cursor.key = sortKey(cursor.block, cursor.offset);
    else if (!(await fill(cursor))) cursors.splice(least, 1);
    if (used === out.length) {
      yield out;
      await breathe();
      out = Buffer.allocUnsafe(OUT_ENTRIES * ENTRY_BYTES);
      used = 0;
    }
  }
  if (used > 0) yield out.subarray(0, used);
}
