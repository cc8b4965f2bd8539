/** Accounts with their last reports, and the ledger with the balance after each row. */
import { ok, type Result } from '#lib/contracts/result.ts';
import type { AccountRow, AskFailure, LedgerRow } from '#lib/server/services.server.ts';
import { unavailable, type AskContext } from './asking.server.ts';
import { toRfc3339 } from './moment.server.ts';
import { namesOf } from './names.server.ts';
import {
  accountMoves,
  accountReports,
  cashPosition,
  cashPositionAt,
  ledgerRows,
  type Balance,
  type LedgerEntry
} from './queries/cash.server.ts';
import { END_OF_TIME_MS } from './queries/question.server.ts';

/** Accounts in the business's currency, by name. @param asOf epoch ms; left out: live */
export async function listAccounts(
  { reader, time, currency, now }: AskContext,
  asOf: number | undefined
): Promise<Result<AccountRow[], AskFailure>> {
  const moment = time.at(asOf ?? now());
  const known = asOf ?? END_OF_TIME_MS;
  const [balances, reports, moves] = await Promise.all([
    asOf === undefined ? reader.read(cashPosition, {}) : reader.read(cashPositionAt, { time_to: asOf, known_to: asOf }),
    reader.read(accountReports, { currency, time_to: known, known_to: known }),
    reader.read(accountMoves, { currency, day_start: moment.day_start, as_of: moment.as_of, known_to: known })
  ]);
  if (!balances.ok) return unavailable(balances.failure);
  if (!reports.ok) return unavailable(reports.failure);
  if (!moves.ok) return unavailable(moves.failure);
  const reportOf = new Map(reports.value.map((row) => [row.account, row]));
  const movedOf = new Map(moves.value.map((row) => [row.account, row.amount_minor]));
  return ok(
    balances.value
      .filter((row) => row.currency === currency)
      .map(({ account, balance_minor }) => {
        const report = reportOf.get(account);
        return {
          account,
          currency,
          balance_minor,
          report: report
            ? {
                time: toRfc3339(report.report_time_ms),
                balance_minor: report.balance_minor,
                drift_minor: report.drift_minor
              }
            : null,
          moved_today_minor: movedOf.get(account) ?? 0
        };
      })
  );
}

/** Runs forward from the balances before the oldest row, so that a report re-bases what follows it. */
function withBalances(
  newestFirst: readonly LedgerEntry[],
  before: readonly Balance[],
  currency: string
): { entry: LedgerEntry; balance: number }[] {
  const balances = new Map(
    before.filter((row) => row.currency === currency).map((row) => [row.account, row.balance_minor])
  );
  return newestFirst
    .toReversed()
    .map((entry) => {
      const balance =
        entry.is_report === 1 ? entry.amount_minor : (balances.get(entry.account) ?? 0) + entry.amount_minor;
      balances.set(entry.account, balance);
      return { entry, balance };
    })
    .reverse();
}

/** The newest movements and reports of the business's currency, newest first. */
export async function listLedger(
  { reader, currency }: AskContext,
  { asOf, limit }: { readonly asOf?: number; readonly limit: number }
): Promise<Result<LedgerRow[], AskFailure>> {
  const known = asOf ?? END_OF_TIME_MS;
  const rows = await reader.read(ledgerRows, { currency, time_to: known, known_to: known, limit });
  if (!rows.ok) return unavailable(rows.failure);
  // rows of one moment stay together: the balances before it are those of the last moment that is not shown
  const oldest = rows.value.at(-1)?.time_ms;
  const entries =
    rows.value.length === limit && rows.value[0]?.time_ms !== oldest
      ? rows.value.filter((row) => row.time_ms !== oldest)
      : rows.value;
  const first = entries.at(-1)?.time_ms;
  if (first === undefined) return ok([]);
  const [before, names] = await Promise.all([
    reader.read(cashPositionAt, { time_to: first - 1, known_to: known }),
    namesOf(
      reader,
      entries.flatMap(({ customer_id }) => (customer_id === '' ? [] : [customer_id])),
      known
    )
  ]);
  if (!before.ok) return unavailable(before.failure);
  if (!names.ok) return unavailable(names.failure);
  return ok(
    withBalances(entries, before.value, currency).map(({ entry, balance }) => ({
      time: toRfc3339(entry.time_ms),
      source: entry.source,
      id: entry.id,
      kind: entry.kind,
      flow: entry.flow,
      account: entry.account,
      method: entry.method,
      currency,
      amount_minor: entry.amount_minor,
      balance_minor: balance,
      entity: entry.entity,
      customer_id: entry.customer_id === '' ? null : entry.customer_id,
      customer_name: names.value.get(entry.customer_id) ?? null
    }))
  );
}
