/** Loads dirty parts: at once, then not more often than each part allows, one at a time a part, again after failures. */
import type { Result } from '#lib/contracts/result.ts';
import type { ClickHouseFailure } from '#sql/interface.server.ts';
import type { PartName } from './facts.server.ts';
import type { Timers } from './timers.server.ts';

const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 5_000;
/** While ClickHouse is away; when it is back, everything is requested urgently. */
const OUTAGE_RETRY_MS = 1_000;

export interface PartStatus {
  /** in a row, while ClickHouse answers; an outage is not a failure of the query */
  readonly failures: number;
  /** when what is not yet read began to wait; null: nothing waits */
  readonly dirtySince: number | null;
  /** when the load that brought the value was begun; null: never */
  readonly loadedAt: number | null;
}
export interface Loader {
  /** @param isUrgent passes over the gap: an edge of the clock has been crossed */
  request(name: PartName, isUrgent?: boolean): void;
  status(name: PartName): PartStatus;
  stop(): void;
}

interface Cell {
  failures: number;
  dirtySince: number | null;
  /** since when what the running load reads had waited */
  readingSince: number | null;
  loadedAt: number | null;
  startedAt: number;
  isRunning: boolean;
  retryAt: number;
  isUrgent: boolean;
  cancel: (() => void) | null;
}

export interface LoaderOptions {
  readonly timers: Timers;
  gapMs(name: PartName): number;
  /** while ClickHouse does not answer at all, a question that runs out of time says nothing of itself */
  isClickhouseThere(): boolean;
  /** reads and keeps the part */
  load(name: PartName): Promise<Result<void, ClickHouseFailure>>;
  /** the part's value or its status changed */
  onSettled(name: PartName): void;
}

export function createLoader(options: LoaderOptions): Loader {
  const { timers, gapMs, load, onSettled } = options;
  const cells = new Map<PartName, Cell>();
  let isStopped = false;

  const cellOf = (name: PartName): Cell => {
    const known = cells.get(name);
    if (known) return known;
    const cell: Cell = {
      failures: 0,
      dirtySince: null,
      readingSince: null,
      loadedAt: null,
      startedAt: -Infinity,
      isRunning: false,
      retryAt: -Infinity,
      isUrgent: false,
      cancel: null
    };
    cells.set(name, cell);
    return cell;
  };

  const schedule = (name: PartName, cell: Cell): void => {
    if (isStopped || cell.isRunning || cell.dirtySince === null) return;
    cell.cancel?.();
    // a load that failed has read nothing: it need not keep the gap, which is minutes for whole days
    const hasFailed = cell.retryAt > -Infinity;
    const due = hasFailed ? cell.retryAt : cell.isUrgent ? -Infinity : cell.startedAt + gapMs(name);
    const wait = due - timers.now();
    if (wait <= 0) void run(name, cell);
    else cell.cancel = timers.after(wait, () => schedule(name, cell));
  };

  const run = async (name: PartName, cell: Cell): Promise<void> => {
    const startedAt = timers.now();
    cell.readingSince = cell.dirtySince ?? startedAt;
    Object.assign(cell, { isRunning: true, startedAt, isUrgent: false, dirtySince: null, cancel: null });
    const result = await load(name);
    if (isStopped) return;
    if (result.ok) Object.assign(cell, { failures: 0, loadedAt: startedAt, retryAt: -Infinity });
    else failed(cell, result.failure.kind === 'unreachable' || !options.isClickhouseThere(), timers.now());
    Object.assign(cell, { isRunning: false, readingSince: null });
    onSettled(name);
    schedule(name, cell);
  };

  return {
    request(name, isUrgent = false) {
      const cell = cellOf(name);
      cell.dirtySince ??= timers.now();
      if (isUrgent) Object.assign(cell, { isUrgent, retryAt: -Infinity });
      schedule(name, cell);
    },
    status: (name) => statusOf(cellOf(name)),
    stop() {
      isStopped = true;
      for (const cell of cells.values()) cell.cancel?.();
    }
  };
}

/** Still as dirty as before; what came meanwhile waits with it. */
function failed(cell: Cell, isOutage: boolean, now: number): void {
  cell.dirtySince = cell.readingSince;
  if (isOutage) cell.retryAt = now + OUTAGE_RETRY_MS;
  else {
    cell.failures += 1;
    cell.retryAt = now + Math.min(RETRY_FIRST_MS * 2 ** (cell.failures - 1), RETRY_MAX_MS);
  }
}

const statusOf = ({ failures, dirtySince, readingSince, loadedAt }: Cell): PartStatus => ({
  failures,
  dirtySince: readingSince ?? dirtySince,
  loadedAt
});
