/**
 * Each figure as it is and as it would be with some more rows in the derived tables: the live parts are asked for, the rows are added to
 * what they answered, and the figure's own rule is applied to both.
 */
import { isDeepStrictEqual } from 'node:util';
import { KPI_IDS, type KpiId, type KpiValue } from '#lib/contracts/kpi.ts';
import type { QuarantineEffects } from '#lib/contracts/quarantine.ts';
import { ok, type Result } from '#lib/contracts/result.ts';
import type { AskFailure } from '#lib/server/services.server.ts';
import type { WhatIf } from '#lib/server/what-if-answer.server.ts';
import type { ClickHouseFailure } from '#sql/interface.server.ts';
import { unavailable, type AskContext } from './asking.server.ts';
import { SLOT_MS } from './curve.server.ts';
import type { PartName, PartValues, SomeFacts } from './facts.server.ts';
import type { Figure } from './figure.server.ts';
import type { Kpi } from './kpi-rule.server.ts';
import { KPIS } from './kpis.server.ts';
import type { Moment } from './moment.server.ts';
import { namesOf, type Names } from './names.server.ts';
import { PARTS } from './parts.server.ts';
import { accountReports, type Balance } from './queries/cash.server.ts';
import { END_OF_TIME_MS } from './queries/question.server.ts';

type Patch<N extends PartName> = (value: PartValues[N], effects: QuarantineEffects, moment: Moment) => PartValues[N];

const slotOf = (time: number, start: number): number => Math.floor((time - start) / SLOT_MS);
const isToday = (time: number, { day_start, as_of }: Moment): boolean => time >= day_start && time <= as_of;
const isThisMonth = (time: number, { month_start, as_of }: Moment): boolean => time >= month_start && time <= as_of;
const isOut = (sku: { active: number; on_hand: number; reserved: number }): number =>
  sku.active === 1 && sku.on_hand - sku.reserved <= 0 ? 1 : 0;
const UNITS_BACK: ReadonlySet<string> = new Set(['returned', 'damaged']);

/** The skus with what the effects move. */
function skusAfter({ skus, stock }: QuarantineEffects): QuarantineEffects['skus'] {
  return skus.map((sku) => {
    const moved = (bucket: 'on_hand' | 'reserved'): number =>
      stock.reduce(
        (sum, row) => sum + (row.sku === sku.sku && row.bucket === bucket && !row.is_in_count ? row.quantity : 0),
        0
      );
    return { ...sku, on_hand: sku.on_hand + moved('on_hand'), reserved: sku.reserved + moved('reserved') };
  });
}

interface Pair {
  readonly before: SomeFacts;
  readonly after: SomeFacts;
}
type LoadPair = (
  context: AskContext,
  effects: QuarantineEffects,
  moment: Moment
) => Promise<Result<Pair, ClickHouseFailure>>;

/** A part as it is, and with the effects added. */
const pair =
  <N extends PartName>(name: N, patch: Patch<N>): LoadPair =>
  async (context, effects, moment) => {
    const answer = await PARTS[name].live(context, moment, false);
    if (!answer.ok) return answer;
    const value: PartValues[N] = answer.value;
    const after = patch(value, effects, moment);
    return ok({ before: { [name]: { value, moment } }, after: { [name]: { value: after, moment } } });
  };

/** Parts that are not here no effect touches. */
const PAIRS = {
  seen: pair('seen', (rows, { streams }) => [
    ...rows,
    ...streams
      .filter(({ stream, currency }) => !rows.some((row) => row.stream === stream && row.currency === currency))
      .map((row) => ({ ...row, first_time: 0, last_time: 0 }))
  ]),
  cashSlots: pair('cashSlots', (rows, { money }, moment) => [
    ...rows,
    ...money.flatMap(({ measure, currency, flow, time, amount_minor, sign }) =>
      (measure === 'ledger' || measure === 'refund') && isToday(time, moment)
        ? [{ measure, currency, flow, slot: slotOf(time, moment.day_start), amount_minor, counted: sign }]
        : []
    )
  ]),
  pending: pair('pending', (rows, { money }) => [...rows, ...money.filter(({ measure }) => measure === 'pending')]),
  fees: pair('fees', (rows, { money }, moment) => [
    ...rows,
    ...money.flatMap(({ measure, currency, time, amount_minor: fee_minor, base_minor: gross_minor }) =>
      measure === 'fee' && isThisMonth(time, moment) ? [{ currency, fee_minor, gross_minor }] : []
    )
  ]),
  salesSlots: pair('salesSlots', (rows, { sales }, moment) => [
    ...rows,
    ...sales.flatMap(({ measure, currency, time, amount_minor, sign }) =>
      measure !== 'credit' && isToday(time, moment)
        ? [{ measure, currency, slot: slotOf(time, moment.day_start), amount_minor, counted: sign }]
        : []
    )
  ]),
  salesOffsets: pair('salesOffsets', (rows) => rows),
  open: pair('open', (rows, { instalments }) => [
    ...rows,
    ...instalments.map(({ currency, due_date, open_minor, sign }) => ({
      currency,
      due_date,
      open_minor: sign * open_minor,
      instalments: sign
    }))
  ]),
  collected: pair('collected', ({ from, slots }, { allocations }, { as_of }) => ({
    from,
    slots: [
      ...slots,
      ...allocations
        .filter(({ exists_from }) => exists_from >= from && exists_from <= as_of)
        .map(({ currency, exists_from, due_date, amount_minor, sign }) => ({
          currency,
          slot: slotOf(exists_from, from),
          due_date,
          amount_minor: sign * amount_minor
        }))
    ]
  })),
  stock: pair('stock', (totals, effects) => {
    const kept = effects.skus.filter((sku) => sku.kept === 1);
    const after = skusAfter(effects).filter((sku) => sku.kept === 1);
    const sum = (skus: typeof kept, of: (sku: (typeof kept)[number]) => number): number =>
      skus.reduce((total, sku) => total + of(sku), 0);
    const change = (of: (sku: (typeof kept)[number]) => number): number => sum(after, of) - sum(kept, of);
    return {
      kept: totals.kept,
      on_hand: totals.on_hand + change(({ on_hand }) => on_hand),
      free: totals.free + change(({ on_hand, reserved }) => on_hand - reserved),
      outs: totals.outs + change(isOut)
    };
  }),
  units: pair('units', ({ shipped, returned }, { stock }, moment) => {
    const sum = (counts: (kind: string) => boolean): number =>
      stock.reduce(
        (total, { kind, time, quantity }) =>
          total + (counts(kind) && isThisMonth(time, moment) ? Math.abs(quantity) : 0),
        0
      );
    return {
      shipped: shipped + sum((kind) => kind === 'shipped'),
      returned: returned + sum((kind) => UNITS_BACK.has(kind))
    };
  }),
  // see movedBalances
  position: pair('position', (rows) => rows)
} satisfies { readonly [N in PartName]?: LoadPair };

/** Figures whose change would need more than the rows: said by name instead of a wrong number. */
function untold({ rebased, money, sales, skus, stock }: QuarantineEffects): Set<KpiId> {
  const ids = new Set<KpiId>();
  const add = (...more: KpiId[]): void => more.forEach((id) => ids.add(id));
  if (rebased.includes('account')) add('cash-position');
  const becomesKept = skus.some((sku) => sku.kept === 0 && stock.some((row) => row.sku === sku.sku));
  if (rebased.includes('sku') || becomesKept) add('stock-on-hand', 'stock-free', 'stock-outs');
  if (rebased.includes('return')) add('returns-today');
  // what of an order is refunded or credited is told apart by its events, not by sums
  const offsets = [
    ...money.filter(({ measure }) => measure === 'refund'),
    ...sales.filter(({ measure }) => measure !== 'order')
  ];
  if (offsets.length > 0) add('net-sales-today');
  return ids;
}

const NEVER: (keyof typeof PAIRS)[] = [];
function partsOf({ money, sales, instalments, allocations, skus, stock }: QuarantineEffects): (keyof typeof PAIRS)[] {
  return [
    'seen',
    ...(money.length > 0 ? (['cashSlots', 'pending', 'fees', 'position'] as const) : NEVER),
    ...(sales.length > 0 ? (['salesSlots', 'salesOffsets'] as const) : NEVER),
    ...(instalments.length > 0 ? (['open'] as const) : NEVER),
    ...(allocations.length > 0 ? (['collected'] as const) : NEVER),
    ...(skus.length > 0 || stock.length > 0 ? (['stock', 'units'] as const) : NEVER)
  ];
}

/** Ledger movements behind an account's last report move its balance; those before it are in the report. */
async function movedBalances(
  { reader }: AskContext,
  { money }: QuarantineEffects
): Promise<Result<Balance[], ClickHouseFailure>> {
  const ledger = money.filter(({ measure }) => measure === 'ledger');
  const moved: Balance[] = [];
  for (const currency of new Set(ledger.map((row) => row.currency))) {
    const reports = await reader.read(accountReports, { currency, time_to: END_OF_TIME_MS, known_to: END_OF_TIME_MS });
    if (!reports.ok) return reports;
    const reported = new Map(reports.value.map((row) => [row.account, row.report_time_ms]));
    for (const row of ledger)
      if (row.currency === currency && row.time > (reported.get(row.account) ?? -Infinity))
        moved.push({ currency, account: row.account, balance_minor: row.amount_minor });
  }
  return ok(moved);
}

async function loadFacts(
  context: AskContext,
  effects: QuarantineEffects,
  moment: Moment,
  moved: readonly Balance[]
): Promise<Result<Pair, ClickHouseFailure>> {
  const before: SomeFacts = {};
  const after: SomeFacts = {};
  for (const answer of await Promise.all(partsOf(effects).map((name) => PAIRS[name](context, effects, moment)))) {
    if (!answer.ok) return answer;
    Object.assign(before, answer.value.before);
    Object.assign(after, answer.value.after);
  }
  if (after.position) after.position = { moment, value: [...after.position.value, ...moved] };
  return ok({ before, after });
}

/** The value in each currency, the business's own first. */
const valuesOf = ({
  value,
  other_currencies
}: Figure): { readonly currency: string | null; readonly value: KpiValue | null }[] => [
  { currency: null, value },
  ...(other_currencies ?? [])
];

function figuresOf(context: AskContext, effects: QuarantineEffects, { before, after }: Pair): WhatIf['figures'] {
  const unknown = untold(effects);
  const { time, currency } = context;
  const now = context.now();
  return KPI_IDS.filter((id) => !unknown.has(id)).flatMap((id) => {
    const kpi: Kpi = KPIS[id];
    const was = kpi.figure(before, { time, currency, now });
    const will = kpi.figure(after, { time, currency, now });
    if (!was || !will) return [];
    const known = new Map(valuesOf(was).map((entry) => [entry.currency, entry.value]));
    return valuesOf(will).flatMap((entry) => {
      const old = known.get(entry.currency) ?? null;
      return isDeepStrictEqual(old, entry.value) ? [] : [{ id, before: old, after: entry.value }];
    });
  });
}

const sumOf = (rows: readonly Balance[], { account, currency }: Pick<Balance, 'account' | 'currency'>): number =>
  rows.reduce((sum, row) => sum + (row.account === account && row.currency === currency ? row.balance_minor : 0), 0);

function accountsOf({ before }: Pair, moved: readonly Balance[]): WhatIf['accounts'] {
  const rows = before.position?.value ?? [];
  const touched = new Map(moved.map((row) => [`${row.currency} ${row.account}`, row]));
  return [...touched.values()].map(({ account, currency }) => {
    const before_minor = sumOf(rows, { account, currency });
    return { account, currency, before_minor, after_minor: before_minor + sumOf(moved, { account, currency }) };
  });
}

function instalmentsOf({ instalments }: QuarantineEffects, names: Names): WhatIf['instalments'] {
  const byKey = new Map<
    string,
    { -readonly [K in keyof WhatIf['instalments'][number]]: WhatIf['instalments'][number][K] }
  >();
  for (const { invoice_id, number, customer_id, currency, open_minor, sign } of instalments) {
    const key = `${number} ${invoice_id}`;
    const customer = names.get(customer_id) ?? customer_id;
    const entry = byKey.get(key) ?? { invoice_id, number, customer, currency, before_minor: 0, after_minor: 0 };
    if (sign === 1) entry.after_minor = open_minor;
    else entry.before_minor = open_minor;
    byKey.set(key, entry);
  }
  return [...byKey.values()];
}

/** Every figure, account, instalment and sku that the effects change, before and after. */
export async function whatIf(context: AskContext, effects: QuarantineEffects): Promise<Result<WhatIf, AskFailure>> {
  const moment = context.time.at(context.now());
  const moved = await movedBalances(context, effects);
  if (!moved.ok) return unavailable(moved.failure);
  const facts = await loadFacts(context, effects, moment, moved.value);
  if (!facts.ok) return unavailable(facts.failure);
  const customers = effects.instalments.map(({ customer_id }) => customer_id);
  const names = await namesOf(context.reader, customers, END_OF_TIME_MS);
  if (!names.ok) return unavailable(names.failure);
  const after = new Map(skusAfter(effects).map((sku) => [sku.sku, sku]));
  return ok({
    figures: figuresOf(context, effects, facts.value),
    untold: KPI_IDS.filter((id) => untold(effects).has(id)),
    accounts: accountsOf(facts.value, moved.value),
    instalments: instalmentsOf(effects, names.value),
    skus: effects.skus.flatMap((sku) => {
      const next = after.get(sku.sku) ?? sku;
      const [was, will] = [sku.on_hand - sku.reserved, next.on_hand - next.reserved];
      return sku.kept === 1 && was !== will ? [{ sku: sku.sku, before_free: was, after_free: will }] : [];
    })
  });
}
