/** A process with all that it started, found through /proc: never by name, never a process of somebody else. Linux only. */
import { readdirSync, readFileSync } from 'node:fs';
import { eventually } from './eventually.ts';

const GONE_WITHIN_MS = 10_000;

interface Status {
  readonly parent: number;
  readonly state: string;
}

/** null: there is no such process (any more) */
function statusOf(pid: number): Status | null {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    const [, state = ''] = /^State:\t(\w)/m.exec(text) ?? [];
    const [, parent = '0'] = /^PPid:\t(\d+)$/m.exec(text) ?? [];
    return { state, parent: Number(parent) };
  } catch {
    return null;
  }
}

/** The process and everything below it, parents before children. */
export function treeOf(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    const parent = Number.isInteger(pid) ? statusOf(pid)?.parent : undefined;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** A zombie runs no more: it waits for whoever adopted it. */
const runs = (pid: number): boolean => !['Z', 'X', undefined].includes(statusOf(pid)?.state);

/**
 * SIGKILL to all of them in one turn of the event loop, so that none sees another go.
 * @param roots each with everything below it
 * @returns the pids that were killed
 */
export async function killTrees(roots: readonly number[]): Promise<number[]> {
  const pids = roots.flatMap(treeOf).filter(runs);
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // ended between listing and killing
    }
  }
  await eventually('the killed processes are gone', GONE_WITHIN_MS, () => !pids.some(runs));
  return pids;
}
