import { ClickHouseError } from '@clickhouse/client';
import type { ClickHouseFailure } from './interface.server.ts';

/** Answers of ClickHouse that another try, later, may turn into a success. Everything else is a mistake of ours. */
const RETRYABLE_TYPES: ReadonlySet<string> = new Set([
  'TIMEOUT_EXCEEDED',
  'TOO_MANY_PARTS',
  'TOO_MANY_SIMULTANEOUS_QUERIES',
  'MEMORY_LIMIT_EXCEEDED',
  'CANNOT_ALLOCATE_MEMORY',
  'CANNOT_SCHEDULE_TASK',
  'NOT_ENOUGH_SPACE',
  'CANNOT_WRITE_TO_FILE_DESCRIPTOR',
  'CANNOT_FSYNC',
  'CANNOT_OPEN_FILE',
  'QUERY_WAS_CANCELLED',
  'QUERY_WAS_CANCELLED_BY_CLIENT',
  'ABORTED',
  'NETWORK_ERROR',
  'SOCKET_TIMEOUT',
  'ALL_CONNECTION_TRIES_FAILED',
  'TABLE_IS_READ_ONLY',
  'KEEPER_EXCEPTION',
  'NO_ZOOKEEPER',
  'UNKNOWN_STATUS_OF_INSERT',
  'DEADLOCK_AVOIDED',
  'TABLE_IS_BEING_RESTARTED',
  'SERVER_OVERLOADED'
]);

/** Answers that speak of a row's values and not of the table or the server: another try gives the same. */
const ROW_FAULTS: ReadonlySet<string> = new Set([
  'ARGUMENT_OUT_OF_BOUND',
  'CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN',
  'CANNOT_PARSE_DATE',
  'CANNOT_PARSE_DATETIME',
  'CANNOT_PARSE_ESCAPE_SEQUENCE',
  'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
  'CANNOT_PARSE_NUMBER',
  'CANNOT_PARSE_QUOTED_STRING',
  'CANNOT_PARSE_TEXT',
  'CANNOT_READ_ALL_DATA',
  'DECIMAL_OVERFLOW',
  'INCORRECT_DATA',
  'TOO_LARGE_STRING_SIZE',
  'TYPE_MISMATCH',
  'VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE',
  'VIOLATED_CONSTRAINT'
]);
export const isRowFault = ({ kind, code }: ClickHouseFailure): boolean => kind === 'rejected' && ROW_FAULTS.has(code);

/** @param isLate our own deadline has passed: the client then reports an abort, which says nothing by itself */
export function toFailure(error: unknown, isLate: boolean): ClickHouseFailure {
  if (error instanceof ClickHouseError) {
    const code = error.type ?? error.code;
    return {
      kind: code === 'TIMEOUT_EXCEEDED' ? 'timeout' : 'rejected',
      retryable: RETRYABLE_TYPES.has(code),
      code,
      message: error.message.trim()
    };
  }
  if (isLate)
    return { kind: 'timeout', retryable: true, code: 'DEADLINE', message: 'no answer from ClickHouse in time' };
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'NO_ANSWER';
  return { kind: 'unreachable', retryable: true, code, message };
}

/**
 * ClickHouse quotes the row it could not read, and rows are payload, which no log may hold: of its message only the place stays.
 */
export function withoutPayload(failure: ClickHouseFailure): ClickHouseFailure {
  if (failure.kind !== 'rejected') return failure;
  const places = [
    /while reading the value of key (\w+)/,
    /Unknown field found while parsing \w+ format: (\w+)/,
    /at row (\d+)/
  ];
  const place = places.flatMap((pattern) => pattern.exec(failure.message)?.[0] ?? []);
  return { ...failure, message: [`the insert was refused with ${failure.code}`, ...place].join(', ') };
}
