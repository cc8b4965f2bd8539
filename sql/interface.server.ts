/**
 * What everything outside this folder sees of ClickHouse. The only implementation is gateway.server.ts.
 */
import type { z } from 'zod';
import type { Result } from '#lib/contracts/result.ts';

/** `rejected`: ClickHouse answered with an error (`code` is its type, such as UNKNOWN_TABLE); `invalid_row`: a row failed its schema. */
export type ClickHouseFailure = {
  readonly kind: 'unreachable' | 'timeout' | 'rejected' | 'invalid_row';
  readonly retryable: boolean;
  readonly code: string;
  readonly message: string;
};

/**
 * One question. `name` is the file under sql/queries and the log_comment. Values only as {name: Type} in `sql`, each at most 120 kB
 * as it is sent (a stock server's limit; more is thrown): long lists are asked for in several queries, see param-lists.server.ts. Whole numbers in `row` are
 * z.int(), which refuses what a JavaScript number cannot hold.
 */
export interface Query<P extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly sql: string;
  readonly params: P;
  readonly row: R;
  readonly timeoutMs: number;
}

export interface Reader {
  read<P extends z.ZodType, R extends z.ZodType>(
    query: Query<P, R>,
    params: z.input<P>
  ): Promise<Result<z.output<R>[], ClickHouseFailure>>;
  /** true when ClickHouse answers a `SELECT 1` with our credentials in our database within 1 s */
  ping(): Promise<boolean>;
  close(): Promise<void>;
}

export interface Writer extends Reader {
  /**
   * Inserts rows. `token` is the insert_deduplication_token: the same token counts once, here and in views.
   * @param rows NDJSON text (rows joined by \n), objects by column name; never empty
   * @param options.columns rows are arrays, their values in this order: half the bytes to write and to read
   */
  insert(
    table: string,
    rows: string | Buffer,
    options: { readonly token: string; readonly columns?: readonly string[]; readonly timeoutMs?: number }
  ): Promise<Result<void, ClickHouseFailure>>;
  /**
   * Whether a table would take rows: types and constraints, nothing is stored.
   * @param probe a table of the Null engine made like it, `CREATE TABLE … AS … ENGINE = Null`
   * @returns null: yes; else the refusal in ClickHouse's own words, which may quote the rows: never for a log
   */
  refusal(probe: string, rows: string | Buffer): Promise<Result<string | null, ClickHouseFailure>>;
  /** DDL and other statements without rows. `params` for {name: Type} placeholders, each at most 120 kB as it stands in a URL. */
  command(
    name: string,
    sql: string,
    options?: { readonly params?: Record<string, unknown>; readonly timeoutMs?: number }
  ): Promise<Result<void, ClickHouseFailure>>;
}

/** Where a ClickHouse is and who we are there. */
export interface ClickHouseAddress {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly database: string;
}
