import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { ok } from '#lib/contracts/result.ts';
import type { Writer } from '#sql/interface.server.ts';
import { OpenQuarantine } from './open-quarantine.ts';

interface Row {
  readonly source: string;
  readonly id: string;
  readonly quarantine_id: number;
  isOpen: boolean;
}

const Asked = z.looseObject({ most: z.int().optional(), identities: z.array(z.string()).optional() });

/** quarantine_v1 and what is asked of it; `looked` counts look-ups by identity. */
function table(): Writer & { readonly rows: Row[]; looked: number } {
  const rows: Row[] = [];
  return {
    rows,
    looked: 0,
    read(query, params) {
      const { most = rows.length, identities } = Asked.parse(params);
      if (identities) this.looked++;
      const found = rows
        .filter(({ isOpen, source, id }) => isOpen && (!identities || identities.includes(`${source} ${id}`)))
        .toReversed()
        .slice(0, most);
      return Promise.resolve(ok(z.array(query.row).parse(found)));
    },
    command(_name, _sql, { params = {} } = {}) {
      const ids = z.array(z.int()).parse(params['ids']);
      for (const row of rows) if (ids.includes(row.quarantine_id)) row.isOpen = false;
      return Promise.resolve(ok(undefined));
    },
    ping: () => Promise.resolve(true),
    close: () => Promise.resolve(),
    insert: () => Promise.resolve(ok(undefined)),
    refusal: () => Promise.resolve(ok(null))
  };
}

const identity = (id: number): { source: string; id: string } => ({ source: 'urn:a', id: `e ${id}` });
const NOW = 1_000;

/** What happens to one of five events. */
const happening = fc.record({
  kind: fc.constantFrom('quarantined', 'quarantined', 'stored', 'replayed', 'restarted'),
  of: fc.nat({ max: 4 }),
  /** how much of the journal is left, and how much of that is shipped, in twelfths */
  kept: fc.nat({ max: 12 }),
  shipped: fc.nat({ max: 12 })
});

test.each([
  { rowsMax: 1_000, isExact: true },
  { rowsMax: 3, isExact: false }
])('what is stored waits no more, in whatever order, across restarts, with room for $rowsMax rows', async (of) => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 40 }), async (happenings) => {
      const there = table();
      let memory = new OpenQuarantine({ rowsMax: of.rowsMax });
      for (const { kind, of: which, kept, shipped } of happenings) {
        const event = identity(which);
        if (kind === 'quarantined') {
          const row = { ...event, quarantine_id: there.rows.length + 1 };
          there.rows.push({ ...row, isOpen: true });
          memory.add(row);
        } else if (kind === 'restarted') {
          const oldest = Math.round((there.rows.length * kept) / 12);
          memory = new OpenQuarantine({ rowsMax: of.rowsMax });
          for (const row of there.rows.slice(oldest)) memory.add(row);
          // what the journal tells of and ClickHouse was told last may be closed already: it is shipped and closed again
          const through = there.rows.findLastIndex(({ isOpen }) => !isOpen) + 1;
          await memory.load(there, Math.max(through, oldest + shipped));
        } else {
          // beyond the bound a row waits for its replay
          if (kind === 'replayed' || !of.isExact) memory.expect(event);
          await memory.close(there, [event], NOW);
          expect(there.rows.filter(({ id, isOpen }) => isOpen && id === event.id)).toEqual([]);
        }
        const waiting = new Set(there.rows.filter(({ isOpen }) => isOpen).map(({ id }) => id));
        if (of.isExact) expect(memory.size).toBe(waiting.size);
      }
      if (of.isExact)
        expect(there.looked).toBeLessThanOrEqual(happenings.filter(({ kind }) => kind === 'replayed').length);
    })
  );
});

test('rows are found by their key: nobody looks for what has room in memory', async () => {
  const there = table();
  const memory = new OpenQuarantine();
  for (let at = 1; at <= 5_000; at++) {
    there.rows.push({ ...identity(at % 50), quarantine_id: at, isOpen: true });
    memory.add({ ...identity(at % 50), quarantine_id: at });
  }
  await memory.close(there, [identity(7), identity(8), identity(99)], NOW);
  expect(there.rows.filter(({ isOpen }) => !isOpen)).toHaveLength(200);
  expect([there.looked, memory.size]).toEqual([0, 48]);
});
