/** Watches for events that happened before today: only they restate a past day, so only after them its curve is read again. */
import { FACT_GROUPS, type FactGroup } from '#lib/contracts/streams.ts';
import type { Reader } from '#sql/interface.server.ts';
import { eventsSpan } from './queries/events.server.ts';
import type { Timers } from './timers.server.ts';

/** Late events may wait so long; events of today cost one question in this time. */
const CHECK_GAP_MS = 1_000;

export interface LateWatch {
  committed(groups: readonly FactGroup[], seq: number): void;
  /** what was missed meanwhile is unknown: the next commit restates */
  forget(): void;
  stop(): void;
}
export interface LateOptions {
  readonly timers: Timers;
  readonly reader: Reader;
  dayStart(): number;
  onLate(groups: readonly FactGroup[]): void;
}

export function createLateWatch({ timers, reader, dayStart, onLate }: LateOptions): LateWatch {
  const checked = new Map<FactGroup, number>();
  const through = new Map<FactGroup, number>();
  let cancel: (() => void) | null = null;
  let isRunning = false;

  const waiting = (): FactGroup[] =>
    FACT_GROUPS.filter((group) => (through.get(group) ?? -1) > (checked.get(group) ?? Infinity));

  const schedule = (): void => {
    if (isRunning || cancel !== null || waiting().length === 0) return;
    cancel = timers.after(CHECK_GAP_MS, () => {
      cancel = null;
      void check();
    });
  };

  const check = async (): Promise<void> => {
    const groups = waiting();
    if (groups.length === 0) return;
    isRunning = true;
    const after_seq = Math.min(...groups.map((group) => checked.get(group) ?? 0));
    const reached = groups.map((group) => [group, through.get(group) ?? 0] as const);
    const through_seq = Math.max(...reached.map(([, seq]) => seq));
    const span = await reader.read(eventsSpan, { after_seq, through_seq });
    isRunning = false;
    if (span.ok) {
      for (const [group, seq] of reached) checked.set(group, seq);
      const first = span.value[0]?.first_time ?? 0;
      if (first !== 0 && first < dayStart()) onLate(groups);
    }
    schedule();
  };

  return {
    committed(groups, seq) {
      for (const group of FACT_GROUPS) {
        if (!groups.includes(group)) continue;
        if (!checked.has(group)) {
          checked.set(group, seq);
          onLate([group]);
        } else through.set(group, Math.max(through.get(group) ?? 0, seq));
      }
      schedule();
    },
    forget: () => checked.clear(),
    stop: () => cancel?.()
  };
}
