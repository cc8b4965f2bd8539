/** Parts about debts. Live from the state tables, the past by the rules themselves over the events known then. */
import { ok } from '#lib/contracts/result.ts';
import { overdueThrough } from '#lib/domain/ageing.ts';
import { SLOT_MS } from './curve.server.ts';
import { DAYS_GAP_MS, dayEnds } from './days.server.ts';
import { LIVE_GAP_MS, type PartsOf } from './part.server.ts';
import { collectedSlots, openByDueDate, type CollectedSlot, type OpenByDueDate } from './queries/receivables.server.ts';

export const receivableParts: PartsOf<'open' | 'debtDays' | 'collected'> = {
  open: {
    groups: ['receivables'],
    gapMs: LIVE_GAP_MS,
    live: ({ reader }) => reader.read(openByDueDate, {}),
    async at(_, __, past) {
      const debts = await past.debts();
      if (!debts.ok) return debts;
      const rows = new Map<string, OpenByDueDate>();
      for (const { currency, due_date, open_minor } of debts.value.open) {
        const key = `${currency} ${due_date}`;
        const row = rows.get(key) ?? { currency, due_date, open_minor: 0, instalments: 0 };
        row.open_minor += open_minor;
        row.instalments += 1;
        rows.set(key, row);
      }
      return ok([...rows.values()]);
    }
  },
  debtDays: {
    groups: [],
    late: 'receivables',
    gapMs: DAYS_GAP_MS,
    async live({ debtDays, time, currency }, moment) {
      const ends = dayEnds(time, moment);
      const days = await debtDays(ends);
      if (!days.ok) return days;
      const own = days.value.filter((row) => row.currency === currency && row.open_minor > 0);
      return ok(
        ends.map((end) => {
          const through = overdueThrough(time.calendar, time.zone.dateOf(end));
          const open = own.filter((row) => row.end === end);
          const sum = (rows: typeof open): number => rows.reduce((total, row) => total + row.open_minor, 0);
          return {
            end,
            open_minor: sum(open),
            overdue_minor: sum(open.filter((row) => row.due_date <= through))
          };
        })
      );
    },
    at: () => Promise.resolve(ok([]))
  },
  collected: {
    groups: ['receivables'],
    gapMs: LIVE_GAP_MS,
    async live({ reader, time }, moment) {
      const from = time.dayStart(moment, -1);
      const slots = await reader.read(collectedSlots, { from, as_of: moment.as_of });
      return slots.ok ? ok({ from, slots: slots.value }) : slots;
    },
    async at({ time }, moment, past) {
      const from = time.dayStart(moment, -1);
      const debts = await past.debts();
      if (!debts.ok) return debts;
      const slots = debts.value.paid.map(({ currency, exists_from, due_date, amount_minor }): CollectedSlot => ({
        currency,
        slot: Math.floor((exists_from - from) / SLOT_MS),
        due_date,
        amount_minor
      }));
      return ok({ from, slots });
    }
  }
};
