/** Figures become tiles: state, freshness and the sequence number that grows with every change a viewer can see. */
import { KPI_FACTS, type KpiId, type Reason, type Tile, type TileState } from '#lib/contracts/kpi.ts';
import type { Figure } from './figure.server.ts';
import { toRfc3339 } from './moment.server.ts';

export interface Standing {
  readonly state: TileState;
  readonly reason?: Reason | undefined;
  /** epoch ms */
  readonly as_of: number;
  readonly watermark: number | null;
}

export function toTile(id: KpiId, seq: number, figure: Figure | null, standing: Standing): Tile {
  const { reason } = standing;
  return {
    id,
    seq,
    state: standing.state,
    value: figure?.value ?? null,
    unit: KPI_FACTS[id].unit,
    as_of: toRfc3339(standing.as_of),
    watermark: standing.watermark === null ? null : toRfc3339(standing.watermark),
    ...(reason !== undefined && { reason }),
    ...(figure?.compare && { compare: figure.compare }),
    ...(figure?.series && { series: figure.series }),
    ...(figure?.other_currencies && { other_currencies: figure.other_currencies })
  };
}

/** What a viewer can see of a tile: freshness moves by heartbeat, and a line's last point moves with the clock. */
function visibleOf(tile: Tile): string {
  const series = tile.series?.map(({ name, points }) => {
    const last = points.at(-1);
    const moves = name === 'today' || name === 'days';
    return moves && last ? [name, points.slice(0, -1), last[1]] : [name, points];
  });
  return JSON.stringify({ ...tile, seq: 0, as_of: '', watermark: '', series });
}

export interface TileStore {
  get(id: KpiId): Tile | undefined;
  /** @returns whether a viewer can see the difference: then the tile has a new seq */
  put(id: KpiId, figure: Figure | null, standing: Standing): boolean;
}

export function createTileStore(): TileStore {
  const tiles = new Map<KpiId, { tile: Tile; visible: string }>();
  return {
    get: (id) => tiles.get(id)?.tile,
    put(id, figure, standing) {
      const known = tiles.get(id);
      const seq = known?.tile.seq ?? 0;
      const tile = toTile(id, seq, figure, standing);
      const visible = visibleOf(tile);
      if (known?.visible === visible) {
        // the line's last point stays where it was published: the same seq is the same picture
        tiles.set(id, { tile: { ...known.tile, as_of: tile.as_of, watermark: tile.watermark }, visible });
        return false;
      }
      tiles.set(id, { tile: { ...tile, seq: seq + 1 }, visible });
      return true;
    }
  };
}
