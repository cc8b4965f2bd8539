/**
 * Each sku now, after a batch. A sku's movements never end, so they are not read again for every batch that touches it: what was read
 * once is moved on by the batch's own movements. Read anew: a sku not in mind that has a past, and one whose count or product facts the
 * batch tells.
 */
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { compareEvents, type AcceptedEvent, type EventOf } from '#lib/contracts/events/registry.ts';
import { ok, type Result } from '#lib/contracts/result.ts';
import type { ClickHouseFailure, Reader } from '#sql/interface.server.ts';
import { paramParts } from '#sql/param-lists.server.ts';
import { loadQuery } from '#sql/queries.server.ts';
import { addLine, type DerivedTable, type Lines, type Row } from './columns.ts';
import { SKU_STATE } from './keys.ts';
import type { SeenKeys } from './seen-keys.ts';
import type { Signed } from './signed.ts';
import type { StockEffect } from './stock.ts';

/** ≈ 0.5 kB each */
const SKUS_MAX = 20_000;
/** Of each all that ever moved is summed. */
const SKUS_A_CALL = 500;

const keyOf = (sku: string): string => `${SKU_STATE}${sku}`;

/** Place in the order of happening, see compareEvents. */
const Place = z.object({ time: z.int(), source: z.string(), id: z.string() });

/** Sums as text: two events may say more together than a JavaScript number holds, and ClickHouse takes them as they come. */
const SkuRow = z.object({
  sku: z.string(),
  kept: z.int(),
  active: z.int(),
  on_hand: z.string(),
  reserved: z.string(),
  quarantine: z.string(),
  name: z.nullable(z.string()),
  unit_cost_minor: z.nullable(z.int()),
  lead_time_days: z.nullable(z.int()),
  /** warehouse → time of its last count, epoch ms */
  counted: z.array(z.tuple([z.string(), z.int()])),
  /** where the received cost comes from; empty: none was told */
  cost_from: z.array(Place)
});

interface SkuState {
  readonly kept: number;
  readonly active: number;
  readonly on_hand: number;
  readonly reserved: number;
  readonly quarantine: number;
  readonly name: string | null;
  readonly unit_cost_minor: number | null;
  readonly lead_time_days: number | null;
  readonly counted: ReadonlyMap<string, number>;
  readonly cost_from: z.output<typeof Place> | null;
}

/** A sku that no event has told of. */
const NO_PAST: SkuState = {
  kept: 0,
  active: 1,
  on_hand: 0,
  reserved: 0,
  quarantine: 0,
  name: null,
  unit_cost_minor: null,
  lead_time_days: null,
  counted: new Map(),
  cost_from: null
};

/** What one batch does to one sku. */
interface Touch {
  readonly moves: Signed<StockEffect>[];
  readonly received: EventOf<'stock.received'>[];
  /** a count or product facts: not moved on, but read */
  isToldAnew: boolean;
}
export type Touches = ReadonlyMap<string, Touch>;

/** @param moves the batch's rows of stock_movements_v1 */
export function touchesOf(moves: Iterable<Signed<StockEffect>>, events: Iterable<AcceptedEvent>): Touches {
  const touches = new Map<string, Touch>();
  const of = (sku: string): Touch => {
    const known = touches.get(sku);
    if (known) return known;
    const touch: Touch = { moves: [], received: [], isToldAnew: false };
    touches.set(sku, touch);
    return touch;
  };
  for (const move of moves) of(move.sku).moves.push(move);
  for (const event of events)
    if (event.type === 'stock.received') of(event.data.sku).received.push(event);
    else if (event.type === 'stock.counted' || event.type === 'product.updated') of(event.data.sku).isToldAnew = true;
  return touches;
}

/** @returns null: the sums are more than a number holds */
function movedOn(state: SkuState, { moves, received }: Touch): SkuState | null {
  const sums = { on_hand: state.on_hand, reserved: state.reserved, quarantine: state.quarantine };
  for (const { bucket, warehouse, time, amount } of moves) {
    // a count stands for everything until its moment
    const countedAt = bucket === 'on_hand' ? state.counted.get(warehouse) : undefined;
    if (countedAt === undefined || time > countedAt) sums[bucket] += amount;
  }
  if (!Object.values(sums).every(Number.isSafeInteger)) return null;
  const last = received
    .filter(({ data }) => data.unit_cost_minor !== undefined)
    .reduce<EventOf<'stock.received'> | null>((a, b) => (a && compareEvents(a, b) > 0 ? a : b), null);
  const isCostNew = last !== null && (state.cost_from === null || compareEvents(last, state.cost_from) > 0);
  return {
    ...state,
    ...sums,
    kept: received.length > 0 ? 1 : state.kept,
    ...(isCostNew && {
      unit_cost_minor: last.data.unit_cost_minor ?? null,
      cost_from: { time: last.time, source: last.source, id: last.id }
    })
  };
}

/** Sums may come as text, see SkuRow. */
type Told = Omit<SkuState, 'on_hand' | 'reserved' | 'quarantine' | 'counted' | 'cost_from'> &
  Readonly<Record<'on_hand' | 'reserved' | 'quarantine', number | string>>;

const toRow = (sku: string, told: Told, version: number): Row<'sku_state_v1'> => {
  const { kept, active, on_hand, reserved, quarantine, name, unit_cost_minor, lead_time_days } = told;
  return [sku, kept, active, on_hand, reserved, quarantine, name, unit_cost_minor, lead_time_days, version];
};

/** @returns null: the sums are more than a number holds */
function toState(row: z.output<typeof SkuRow>): SkuState | null {
  const [on_hand, reserved, quarantine] = [Number(row.on_hand), Number(row.reserved), Number(row.quarantine)];
  if (![on_hand, reserved, quarantine].every(Number.isSafeInteger)) return null;
  const { kept, active, name, unit_cost_minor, lead_time_days, counted, cost_from } = row;
  return {
    kept,
    active,
    on_hand,
    reserved,
    quarantine,
    name,
    unit_cost_minor,
    lead_time_days,
    counted: new Map(counted),
    cost_from: cost_from[0] ?? null
  };
}

const query = () => ({
  name: 'sku_state_of',
  sql: loadQuery('sku_state_of'),
  params: z.object({ skus: z.array(z.string()), counts: z.string(), movements: z.string(), facts: z.string() }),
  row: SkuRow,
  timeoutMs: 30_000
});

export interface Skus {
  /**
   * Adds a row for each sku touched that is in mind. Call once a batch.
   * @returns the others: to be read, see {@link Skus.read}
   */
  moveOn(lines: Lines, touches: Touches, version: number): readonly string[];
  /** Adds a row for each of these skus. The movement tables must hold the batch already. */
  read(lines: Lines, skus: readonly string[], version: number): Promise<Result<void, ClickHouseFailure>>;
  /** Call once a batch, when all of it is committed: a batch that is repeated starts from the same state. */
  commit(): void;
  /** Forgets what was read: the tables were changed by someone else. */
  clear(): void;
}

export interface SkusOptions {
  readonly reader: Reader;
  readonly table: (name: DerivedTable) => string;
  /** tells skus that surely have no row, so that nothing is asked for them */
  readonly seen: SeenKeys;
}

export function createSkus({ reader, table, seen }: SkusOptions): Skus {
  const known = new LRUCache<string, SkuState>({ max: SKUS_MAX });
  let pending = new Map<string, SkuState | null>();
  const asked = query();
  const tables = {
    counts: table('stock_counts_v1'),
    movements: table('stock_movements_v1'),
    facts: table('product_facts_v1')
  };

  return {
    moveOn(lines, touches, version) {
      const missing: string[] = [];
      pending = new Map();
      for (const [sku, touch] of touches) {
        const past = known.get(sku) ?? (seen.mayHave(keyOf(sku)) ? undefined : NO_PAST);
        const state = touch.isToldAnew ? undefined : past;
        const moved = state && movedOn(state, touch);
        if (moved) {
          addLine(lines, 'sku_state_v1', toRow(sku, moved, version));
          pending.set(sku, moved);
        } else missing.push(sku);
      }
      return missing;
    },
    async read(lines, skus, version) {
      for (const part of paramParts(skus, SKUS_A_CALL)) {
        const answer = await reader.read(asked, { skus: part, ...tables });
        if (!answer.ok) return answer;
        for (const row of answer.value) {
          addLine(lines, 'sku_state_v1', toRow(row.sku, row, version));
          pending.set(row.sku, toState(row));
        }
      }
      return ok(undefined);
    },
    commit() {
      for (const [sku, state] of pending) {
        seen.add(keyOf(sku));
        if (state) known.set(sku, state);
        else known.delete(sku);
      }
      pending = new Map();
    },
    clear() {
      known.clear();
      pending = new Map();
    }
  };
}
