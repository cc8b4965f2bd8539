/** Who used the processors: a timing on a machine that others use says little, and should say so. Linux only. */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { treeOf } from './process-tree.ts';

/** One tick of /proc is a hundredth of a second. */
const TICK_MS = 10;

/** All processors since the machine started, ms: user, nice, system, irq, softirq. */
function busyMs(): number {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const ticks = line.split(/\s+/).slice(1).map(Number);
  return [0, 1, 2, 5, 6].reduce((sum, index) => sum + (ticks[index] ?? 0), 0) * TICK_MS;
}

/** One process with the children it has waited for. */
export function usedMs(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // the second field is a name in brackets and may hold anything
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index] ?? 0), 0) * TICK_MS;
  } catch {
    return 0;
  }
}

export interface Shares {
  /** 0..1 of all processors */
  readonly ours: number;
  readonly others: number;
}

/**
 * Starts to watch this process and everything below it.
 * @returns tells the shares since then
 */
export function watchProcessors(): () => Shares {
  const ourMs = (): number => treeOf(process.pid).reduce((sum, pid) => sum + usedMs(pid), 0);
  const [busyBefore, oursBefore, startedAt] = [busyMs(), ourMs(), performance.now()];
  return () => {
    const allMs = (performance.now() - startedAt) * cpus().length;
    const ours = (ourMs() - oursBefore) / allMs;
    return { ours, others: Math.max(0, (busyMs() - busyBefore) / allMs - ours) };
  };
}
