/** A writer to a ClickHouse that may move: the embedded one comes back from a crash on another port with another password. */
import { fail, type Result } from '#lib/contracts/result.ts';
import { createWriter } from '#sql/gateway.server.ts';
import type { ClickHouseAddress, ClickHouseFailure, Writer } from '#sql/interface.server.ts';

export interface FollowingWriter extends Writer {
  /** true when ClickHouse has answered within the last `ms`, or answers now */
  isWell(ms: number): Promise<boolean>;
  /** epoch ms of the first question without an answer since the last answer; null: it answered last, a refusal included */
  awaySince(): number | null;
}

const NOWHERE: ClickHouseFailure = {
  kind: 'unreachable',
  retryable: true,
  code: 'NO_ADDRESS',
  message: 'ClickHouse is not running'
};

type Find = () => ClickHouseAddress | null;
type Clock = () => number;

/**
 * @param find where it is now; null: nowhere. Asked again after each failure
 * @param now epoch ms, only to tell since when it is away
 * @param elapsed ms of a clock that is never set: else one set back would hide an outage for as long
 */
export function createFollowingWriter(
  find: Find,
  now: Clock,
  elapsed: Clock = () => performance.now()
): FollowingWriter {
  let current: { readonly address: string; readonly writer: Writer } | null = null;
  let isDoubtful = true;
  let answeredAt = Number.NEGATIVE_INFINITY;
  let awaySince: number | null = null;

  const heard = (): void => {
    answeredAt = elapsed();
    awaySince = null;
  };
  const missed = (): void => {
    isDoubtful = true;
    awaySince ??= now();
  };
  const writerNow = (): Writer | null => {
    if (!isDoubtful && current) return current.writer;
    const found = find();
    const address = JSON.stringify(found);
    if (found && current?.address !== address) {
      void current?.writer.close();
      current = { address, writer: createWriter(found) };
    }
    isDoubtful = false;
    return found ? (current?.writer ?? null) : null;
  };
  const ask = async <T>(
    step: (writer: Writer) => Promise<Result<T, ClickHouseFailure>>
  ): Promise<Result<T, ClickHouseFailure>> => {
    const writer = writerNow();
    const answer = writer ? await step(writer) : fail(NOWHERE);
    if (answer.ok) heard();
    else if (answer.failure.kind === 'unreachable' || answer.failure.kind === 'timeout') missed();
    else {
      // a refusal is an answer, though another address may do better
      isDoubtful = true;
      awaySince = null;
    }
    return answer;
  };
  const ping = async (): Promise<boolean> => {
    const isUp = (await writerNow()?.ping()) ?? false;
    (isUp ? heard : missed)();
    return isUp;
  };

  return {
    read: (query, params) => ask((writer) => writer.read(query, params)),
    insert: (table, rows, options) => ask((writer) => writer.insert(table, rows, options)),
    refusal: (probe, rows) => ask((writer) => writer.refusal(probe, rows)),
    command: (name, sql, options) => ask((writer) => writer.command(name, sql, options)),
    ping,
    isWell: async (ms) => elapsed() - answeredAt < ms || ping(),
    awaySince: () => awaySince,
    async close() {
      await current?.writer.close();
      current = null;
    }
  };
}
