/** How far an import is: a bar on a terminal, a line now and then elsewhere. */
import type { Progress } from './progress-state.ts';

const BAR_WIDTH = 30;
const REDRAW_MS = 100;
const LINE_MS = 5000;

export interface ProgressBar {
  show(progress: Progress, share: number): void;
  /** a line of its own, above the bar */
  say(line: string): void;
  /** takes the bar away */
  end(): void;
}

const group = (n: number): string => Math.round(n).toLocaleString('en-US');

function stateText({ through, totals }: Progress, perSecond: number): string {
  const { stored, duplicate, duplicate_differs, quarantined, rejected } = totals;
  return `${group(through)} events, ${group(perSecond)}/s · stored ${group(stored)} · duplicate ${group(duplicate + duplicate_differs)} · quarantined ${group(quarantined)} · rejected ${group(rejected)}`;
}

/** @param now monotonic milliseconds */
export function createProgressBar(
  out: { readonly isTTY?: boolean; write(text: string): unknown },
  now: () => number
): ProgressBar {
  const tty = out.isTTY === true;
  let first: { readonly at: number; readonly through: number } | undefined;
  let shownAt = -Infinity;
  return {
    show(progress, share) {
      first ??= { at: now(), through: progress.through };
      if (now() - shownAt < (tty ? REDRAW_MS : LINE_MS)) return;
      shownAt = now();
      const perSecond = (progress.through - first.through) / Math.max(0.001, (shownAt - first.at) / 1000);
      const percent = `${Math.floor(share * 100)}`.padStart(3);
      const bar = '█'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '░');
      out.write(
        tty
          ? `\r\u001b[2K${bar} ${percent} % ${stateText(progress, perSecond)}`
          : `${percent} % ${stateText(progress, perSecond)}\n`
      );
    },
    say: (line) => void out.write(tty ? `\r\u001b[2K${line}\n` : `${line}\n`),
    end() {
      if (tty) out.write('\r\u001b[2K');
    }
  };
}
