import { createClient } from '@clickhouse/client';
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { ClickHouseLogLevel } from '@clickhouse/client';
import { Readable } from 'node:stream';
import * as z from 'zod';
import { fail, ok } from '#lib/contracts/result.ts';
import type { Result } from '#lib/contracts/result.ts';
import { isRowFault, toFailure, withoutPayload } from './failure.server.ts';
import type { ClickHouseAddress, ClickHouseFailure, Query, Reader, Writer } from './interface.server.ts';
import { PARAM_BYTES_MAX, paramBytes, urlParamBytes } from './param-lists.server.ts';

/** Below the server's keep-alive (3 s embedded): a socket that the server is about to close must not be picked up again. */
const IDLE_SOCKET_MS = 2_000;
const CONNECTIONS_MAX = 24;
/** The server stops a query by itself at its time limit; only when it does not answer at all do we give up, this much later. */
const GRACE_MS = 500;
const PING_TIMEOUT_MS = 1_000;
const INSERT_TIMEOUT_MS = 30_000;
const COMMAND_TIMEOUT_MS = 60_000;
/** An answer is kept by the server until it is whole: in memory, beyond this in a file; by default always in a file. */
const ANSWER_BUFFER_BYTES = 16 * 1024 * 1024;
const REQUEST_TIMEOUT_MS = 2 * 60 * 60_000;

const Params = z.record(z.string(), z.unknown());

/**
 * Reads from ClickHouse. 64-bit integers come as JSON numbers: rows check them with `z.int()`, which refuses what a number cannot
 * hold (beyond 2^53); hashes go through toString() in the query. Times come as toUnixTimestamp64Milli(), dates as 'YYYY-MM-DD'.
 */
export function createReader(address: ClickHouseAddress): Reader {
  return readerOn(connect(address));
}

/** Reads and writes. Inserts answer when the rows are in the table and in its views. */
export function createWriter(address: ClickHouseAddress): Writer {
  const client = connect(address);
  return {
    ...readerOn(client),
    insert: (table, rows, { token, columns, timeoutMs = INSERT_TIMEOUT_MS }) =>
      insert(client, { table, rows, token, timeoutMs, ...(columns && { columns }) }),
    refusal: async (probe, rows) => {
      const answer = await insertWhole(client, { table: probe, rows, token: '', timeoutMs: INSERT_TIMEOUT_MS });
      if (answer.ok) return ok(null);
      return isRowFault(answer.failure) ? ok(answer.failure.message) : fail(withoutPayload(answer.failure));
    },
    command: (name, sql, { params, timeoutMs = COMMAND_TIMEOUT_MS } = {}) =>
      command(client, { name, sql, params, timeoutMs })
  };
}

function connect({ url, username, password, database }: ClickHouseAddress): ClickHouseClient {
  return createClient({
    url,
    username,
    password,
    database,
    application: 'pulso',
    max_open_connections: CONNECTIONS_MAX,
    // each request has its own deadline
    request_timeout: REQUEST_TIMEOUT_MS,
    keep_alive: { enabled: true, idle_socket_ttl: IDLE_SOCKET_MS, eagerly_destroy_stale_sockets: true },
    // long lists of keys do not fit a URL
    use_multipart_params_auto: true,
    // every failure is returned; the client's own logger would print payload
    log: { level: ClickHouseLogLevel.OFF }
  });
}

function readerOn(client: ClickHouseClient): Reader {
  return {
    read: (query, params) => read(client, query, params),
    ping: () => ping(client),
    close: () => client.close()
  };
}

function limits(name: string, timeoutMs: number): ClickHouseSettings {
  return {
    log_comment: name,
    max_execution_time: timeoutMs / 1_000,
    timeout_overflow_mode: 'throw',
    http_response_buffer_size: String(ANSWER_BUFFER_BYTES)
  };
}

async function read<P extends z.ZodType, R extends z.ZodType>(
  client: ClickHouseClient,
  query: Query<P, R>,
  params: z.input<P>
): Promise<Result<z.output<R>[], ClickHouseFailure>> {
  const { name, sql, timeoutMs } = query;
  // wrong parameters are our own mistake: thrown, not returned
  const query_params = checkedParams(name, query.params.parse(params), paramBytes);
  const clickhouse_settings: ClickHouseSettings = {
    ...limits(name, timeoutMs),
    readonly: '2',
    // an answer nobody waits for any more stops costing
    cancel_http_readonly_queries_on_client_close: 1,
    // an error in the middle of the rows arrives as an error and not as broken JSON
    wait_end_of_query: 1,
    output_format_json_quote_64bit_integers: 0
  };
  const answer = await beforeDeadline(timeoutMs + GRACE_MS, async (abort_signal) => {
    const result = await client.query({
      query: sql,
      query_params,
      format: 'JSONEachRow',
      clickhouse_settings,
      abort_signal
    });
    // the client's signal acts only until the headers are there
    const close = (): void => result.close();
    abort_signal.addEventListener('abort', close, { once: true });
    const rows = await result.json<unknown>();
    abort_signal.removeEventListener('abort', close);
    return { rows, promised: promisedRows(result.response_headers['x-clickhouse-summary']) };
  });
  if (!answer.ok) return answer;
  const { rows, promised } = answer.value;
  return promised === null || rows.length < promised
    ? fail(notWhole(name, rows.length, promised))
    : parseRows(query, rows);
}

/** @returns how many rows the answer has by its header; null where it is not told */
function promisedRows(summary: string | readonly string[] | undefined): number | null {
  const told = typeof summary === 'string' ? /"result_rows":"(\d+)"/.exec(summary)?.[1] : undefined;
  return told === undefined ? null : Number(told);
}

/**
 * A server that finds no room for the file in which it keeps an answer sends what it has, even nothing, and says 200: no rows would look
 * like no debts, and like a subject without a past. So an answer counts only when it has the rows that its header tells.
 */
const notWhole = (name: string, rows: number, promised: number | null): ClickHouseFailure => ({
  kind: 'rejected',
  retryable: true,
  ...(promised === null
    ? {
        code: 'ANSWER_WITHOUT_SUMMARY',
        message:
          `the answer to query ${name} has no X-ClickHouse-Summary with its number of rows, so it may be cut short: ` +
          'let the proxy before ClickHouse pass this header on'
      }
    : {
        code: 'ANSWER_CUT_SHORT',
        message: `ClickHouse sent ${rows} of the ${promised} rows of query ${name}: its disk may be full`
      })
});

function checkedParams(name: string, params: unknown, bytesOf: (value: unknown) => number): Record<string, unknown> {
  const checked = Params.parse(params);
  for (const [key, value] of Object.entries(checked)) {
    const bytes = value === undefined ? 0 : bytesOf(value);
    if (bytes > PARAM_BYTES_MAX) {
      throw new Error(
        `parameter ${key} of ${name} has ${bytes} bytes, more than ${PARAM_BYTES_MAX}: ask in several queries`
      );
    }
  }
  return checked;
}

function parseRows<R extends z.ZodType>(
  query: Query<z.ZodType, R>,
  rows: readonly unknown[]
): Result<z.output<R>[], ClickHouseFailure> {
  const parsed: z.output<R>[] = [];
  for (const [index, row] of rows.entries()) {
    const result = query.row.safeParse(row);
    if (!result.success) {
      const issues = result.error.issues
        .map((issue) => `${issue.path.join('.') || '(row)'}: ${issue.message}`)
        .join('; ');
      const message = `row ${index} of query ${query.name} is not as promised: ${issues}`;
      return fail({ kind: 'invalid_row', retryable: false, code: 'INVALID_ROW', message });
    }
    parsed.push(result.data);
  }
  return ok(parsed);
}

interface Insert {
  readonly table: string;
  readonly rows: string | Buffer;
  /** left out: rows are objects */
  readonly columns?: readonly string[];
  readonly token: string;
  readonly timeoutMs: number;
}

async function insert(client: ClickHouseClient, what: Insert): Promise<Result<void, ClickHouseFailure>> {
  const answer = await insertWhole(client, what);
  return answer.ok ? answer : fail(withoutPayload(answer.failure));
}

/** A failure's message may quote the rows. */
async function insertWhole(
  client: ClickHouseClient,
  { table, rows, columns, token, timeoutMs }: Insert
): Promise<Result<void, ClickHouseFailure>> {
  if (rows.length === 0) throw new Error(`an insert into ${table} without rows`);
  const clickhouse_settings: ClickHouseSettings = {
    ...limits(`insert.${table}`, timeoutMs),
    insert_deduplication_token: token,
    insert_deduplicate: 1,
    // the same token counts once in the views as well, also where an insert broke off between table and view
    deduplicate_blocks_in_dependent_materialized_views: 1,
    async_insert: 0,
    // a misspelt or missing column is an error, not a default
    input_format_skip_unknown_fields: 0,
    input_format_null_as_default: 0,
    wait_end_of_query: 1
  };
  const query = columns
    ? `INSERT INTO ${quoted(table)} (${columns.map(quoted).join(', ')}) FORMAT JSONCompactEachRow`
    : `INSERT INTO ${quoted(table)} FORMAT JSONEachRow`;
  return beforeDeadline(timeoutMs + GRACE_MS, async (abort_signal) => {
    const result = await client.exec({
      query,
      values: Readable.from(typeof rows === 'string' ? Buffer.from(rows) : rows, { objectMode: false }),
      clickhouse_settings,
      abort_signal
    });
    await result.stream.resume().toArray();
  });
}

async function command(
  client: ClickHouseClient,
  {
    name,
    sql,
    params,
    timeoutMs
  }: { name: string; sql: string; params: Record<string, unknown> | undefined; timeoutMs: number }
): Promise<Result<void, ClickHouseFailure>> {
  const query_params = checkedParams(name, params ?? {}, urlParamBytes);
  const clickhouse_settings: ClickHouseSettings = { ...limits(name, timeoutMs), wait_end_of_query: 1 };
  return beforeDeadline(timeoutMs + GRACE_MS, async (abort_signal) => {
    await client.command({ query: sql, query_params, clickhouse_settings, abort_signal });
  });
}

async function ping(client: ClickHouseClient): Promise<boolean> {
  const answer = await beforeDeadline(PING_TIMEOUT_MS, async (abort_signal) => {
    await client.command({
      query: 'SELECT 1 FORMAT Null',
      clickhouse_settings: limits('ping', PING_TIMEOUT_MS),
      abort_signal
    });
  });
  return answer.ok;
}

/** Runs `work` with a signal that fires at the deadline; its errors become failures. */
async function beforeDeadline<T>(
  deadlineMs: number,
  work: (signal: AbortSignal) => Promise<T>
): Promise<Result<T, ClickHouseFailure>> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), deadlineMs);
  try {
    return ok(await work(controller.signal));
  } catch (error) {
    return fail(toFailure(error, controller.signal.aborted));
  } finally {
    clearTimeout(timer);
  }
}

/** Names of tables and columns are ours, but a name is no place for trust. */
function quoted(table: string): string {
  if (!/^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$/.test(table)) throw new Error(`not a name of ours: ${table}`);
  return table
    .split('.')
    .map((part) => `\`${part}\``)
    .join('.');
}
