/** The list of open instalments, live and past by one code path: filter, search, sort, page. */
import type { Receivable, ReceivablesAnswer } from '#lib/contracts/kpi.ts';
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import { bucketOf } from '#lib/domain/ageing.ts';
import type { AskFailure, ReceivablesFilter } from '#lib/server/services.server.ts';
import type { ClickHouseFailure } from '#sql/interface.server.ts';
import { pageOf, type CursorKey } from './cursor.server.ts';
import { toRfc3339, type BusinessTime } from './moment.server.ts';
import { allNames, folded, namesOf, type Names } from './names.server.ts';
import { unavailable, type AskContext } from './asking.server.ts';
import { END_OF_TIME_MS } from './queries/question.server.ts';
import { openInstalments, type OpenInstalment } from './queries/receivables.server.ts';

const LIMIT = 100;
const LIMIT_MAX = 1_000;

type Row = Omit<Receivable, 'customer_name'>;

async function openRows(
  { reader, currency, debtsAt }: AskContext,
  asOf: number | undefined
): Promise<Result<readonly OpenInstalment[], ClickHouseFailure>> {
  if (asOf === undefined) return reader.read(openInstalments, { currency });
  const debts = await debtsAt(asOf, asOf);
  return debts.ok ? ok(debts.value.open.filter((instalment) => instalment.currency === currency)) : debts;
}

function toRow(row: OpenInstalment, currency: string, time: BusinessTime, today: string): Row {
  const effective = time.calendar.effectiveDueDate(row.due_date);
  const { bucket, daysOverdue } = bucketOf({ dueDate: row.due_date, effectiveDueDate: effective, today });
  return {
    invoice_id: row.invoice_id,
    installment: row.number,
    customer_id: row.customer_id,
    currency,
    due_date: row.due_date,
    effective_due_date: effective,
    open_minor: row.open_minor,
    days_overdue: daysOverdue,
    bucket
  };
}

function passes(row: Row, filter: ReceivablesFilter, names: Names | null): boolean {
  if (filter.customer !== undefined && row.customer_id !== filter.customer) return false;
  if (filter.bucket === 'overdue' ? row.bucket === 'not_due' : filter.bucket && row.bucket !== filter.bucket)
    return false;
  if (names === null || !filter.search) return true;
  const search = folded(filter.search);
  return [row.customer_id, row.invoice_id, names.get(row.customer_id) ?? ''].some((text) =>
    folded(text).includes(search)
  );
}

function keyOf(row: Row, sort: ReceivablesFilter['sort'], names: Names | null): CursorKey {
  const rest = [row.invoice_id, row.installment];
  switch (sort) {
    case 'open_minor':
      return [row.open_minor, ...rest];
    case 'due_date':
      return [row.due_date, ...rest];
    case 'customer':
      return [folded(names?.get(row.customer_id) ?? row.customer_id), row.customer_id, ...rest];
    case 'days_overdue':
    case undefined:
      return [row.days_overdue, row.due_date, ...rest];
  }
}

/** @param filter defaults: the most overdue first, 100 rows (1,000 at most) */
export async function listReceivables(
  context: AskContext,
  filter: ReceivablesFilter
): Promise<Result<ReceivablesAnswer, AskFailure>> {
  const { reader, time, currency, now } = context;
  const knownTo = filter.as_of ?? END_OF_TIME_MS;
  const rows = await openRows(context, filter.as_of);
  if (!rows.ok) return unavailable(rows.failure);
  const needsNames = Boolean(filter.search) || filter.sort === 'customer';
  const every = needsNames ? await allNames(reader, knownTo) : ok(null);
  if (!every.ok) return unavailable(every.failure);
  const asOf = filter.as_of ?? now();
  const { date } = time.at(asOf);
  const found = rows.value
    .map((row) => toRow(row, currency, time, date))
    .filter((row) => passes(row, filter, every.value));
  const page = pageOf(found, (row) => keyOf(row, filter.sort, every.value), {
    descending: filter.descending ?? (filter.sort === undefined || filter.sort === 'days_overdue'),
    cursor: filter.cursor,
    limit: Math.min(filter.limit ?? LIMIT, LIMIT_MAX)
  });
  if (page === undefined) return fail({ kind: 'invalid_cursor', retryable: false });
  const names =
    every.value === null
      ? await namesOf(
          reader,
          page.items.map((row) => row.customer_id),
          knownTo
        )
      : ok(every.value);
  if (!names.ok) return unavailable(names.failure);
  return ok({
    as_of: toRfc3339(asOf),
    items: page.items.map((row) => ({ ...row, customer_name: names.value.get(row.customer_id) ?? null })),
    total: {
      count: found.length,
      customers: new Set(found.map((row) => row.customer_id)).size,
      open_minor: found.reduce((sum, row) => sum + row.open_minor, 0),
      currency
    },
    next_cursor: page.next_cursor
  });
}
