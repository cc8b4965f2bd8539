/** Waiting for ClickHouse, as long as it takes, and saying so. */
import { untilDone } from '#ingest/shipper/retry.ts';
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import type { ClickHouseFailure } from '#sql/interface.server.ts';
import { isRowFault } from '#sql/failure.server.ts';
import { readSchema } from '#sql/migrate.server.ts';
import type { CoreOptions } from './core-options.ts';

/** Better no new figure than a wrong one. */
const FIGURES_STAND =
  'a table of figures refuses a row: nothing is lost, and nothing more becomes visible until it takes it. ' +
  'The tables as they should be: sql/schema; take away what was added to them (a constraint, another type)';

export const logFailure =
  ({ log, metrics, failures, now }: Pick<CoreOptions, 'log' | 'metrics' | 'failures' | 'now'>) =>
  (step: string, failure: ClickHouseFailure, attempt: number): void => {
    const { kind, code, message } = failure;
    metrics.countFailure(step);
    failures.note(step, code, now());
    // an outage of hours must not fill the log: the first attempts, then one in 30 (about a minute)
    if (attempt > 2 && attempt % 30 !== 0) return;
    const facts = { step, kind, code, attempt, reason: message };
    if (step === 'derive' && isRowFault(failure)) log.error(facts, FIGURES_STAND);
    else log.warn(facts, 'ClickHouse does not take it yet; trying again');
  };

/** The service was told to stop before ClickHouse answered. */
export class Stopped extends Error {}

/** @throws Stopped when the service is told to stop before ClickHouse answers */
export async function patiently<T>(
  options: CoreOptions,
  what: string,
  step: () => Promise<Result<T, ClickHouseFailure>>
): Promise<T> {
  const onFailure = logFailure(options);
  const done = await untilDone(step, {
    signal: options.signal,
    random: options.random,
    onFailure: (failure, attempt) => onFailure(what, failure, attempt)
  });
  if (!done) throw new Stopped(`stopped while waiting for ClickHouse: ${what}`);
  return done.value;
}

export async function waitForSchema(options: CoreOptions): Promise<void> {
  await patiently(options, 'schema', async () => {
    const standing = await readSchema(options.writer);
    if (!standing.ok) return standing;
    if (standing.value === 'current') return ok(undefined);
    const message = 'the tables are not there, or not those of this build (npm run db:migrate)';
    return fail({ kind: 'rejected', retryable: true, code: 'SCHEMA', message });
  });
}
