/**
 * Who watches which tiles. Sockets that watch the same set share a room, so that an update is encoded once for all of them and every
 * socket gets one message a tick, with just its own tiles. A set is a bit mask over KPI_IDS.
 */
import { KPI_IDS, type KpiId } from '#lib/contracts/kpi.ts';

/** What a socket does for its audience. */
export interface Seat {
  join(room: string): void;
  leave(room: string): void;
}
interface Delivery {
  readonly rooms: readonly string[];
  readonly ids: readonly KpiId[];
}
export interface Audience<S extends Seat> {
  add(seat: S, ids: readonly KpiId[]): void;
  remove(seat: S, ids: readonly KpiId[]): void;
  gone(seat: S): void;
  /** the rooms that must hear of changed tiles, those that hear the same together */
  deliveries(changed: readonly KpiId[]): Delivery[];
}

/** bigint: more figures than an integer has bits */
const NOBODY = 0n;
const bitOf = new Map(KPI_IDS.map((id, index) => [id, 1n << BigInt(index)]));
const maskOf = (ids: readonly KpiId[]): bigint => ids.reduce((mask, id) => mask | (bitOf.get(id) ?? NOBODY), NOBODY);
const idsOf = (mask: bigint): KpiId[] => KPI_IDS.filter((id) => (mask & (bitOf.get(id) ?? NOBODY)) !== NOBODY);
const roomOf = (mask: bigint): string => `tiles:${mask.toString(36)}`;

export function createAudience<S extends Seat>(): Audience<S> {
  const masks = new Map<S, bigint>();
  const seats = new Map<bigint, number>();

  const count = (mask: bigint, by: 1 | -1): void => {
    if (mask === NOBODY) return;
    const left = (seats.get(mask) ?? 0) + by;
    if (left === 0) seats.delete(mask);
    else seats.set(mask, left);
  };
  const move = (seat: S, next: bigint): void => {
    const mask = masks.get(seat) ?? NOBODY;
    if (mask === next) return;
    if (mask !== NOBODY) seat.leave(roomOf(mask));
    if (next !== NOBODY) seat.join(roomOf(next));
    count(mask, -1);
    count(next, 1);
    masks.set(seat, next);
  };
  return {
    add: (seat, ids) => move(seat, (masks.get(seat) ?? NOBODY) | maskOf(ids)),
    remove: (seat, ids) => move(seat, (masks.get(seat) ?? NOBODY) & ~maskOf(ids)),
    gone(seat) {
      count(masks.get(seat) ?? NOBODY, -1);
      masks.delete(seat);
    },
    deliveries(changed) {
      const wanted = maskOf(changed);
      const roomsBySubset = new Map<bigint, string[]>();
      for (const mask of seats.keys()) {
        const subset = mask & wanted;
        if (subset === NOBODY) continue;
        const rooms = roomsBySubset.get(subset);
        if (rooms) rooms.push(roomOf(mask));
        else roomsBySubset.set(subset, [roomOf(mask)]);
      }
      return [...roomsBySubset].map(([subset, rooms]) => ({ rooms, ids: idsOf(subset) }));
    }
  };
}
