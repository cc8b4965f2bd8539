/** A reader of a ClickHouse that may not be there yet, or come back elsewhere: where it is, is asked again after each failure. */
import { fail } from '#lib/contracts/result.ts';
import { createReader } from '#sql/gateway.server.ts';
import type { ClickHouseAddress, ClickHouseFailure, Reader } from '#sql/interface.server.ts';

const NOWHERE: ClickHouseFailure = {
  kind: 'unreachable',
  retryable: true,
  code: 'NO_ADDRESS',
  message: 'ClickHouse is not running'
};

/** @param find where it is now; null: nowhere */
export function createFollowingReader(find: () => ClickHouseAddress | null): Reader {
  let current: { readonly address: string; readonly reader: Reader } | null = null;
  let isDoubtful = true;

  const readerNow = (): Reader | null => {
    if (!isDoubtful) return current?.reader ?? null;
    const found = find();
    const address = JSON.stringify(found);
    if (found !== null && current?.address !== address) {
      void current?.reader.close();
      current = { address, reader: createReader(found) };
    }
    isDoubtful = found === null;
    return found === null ? null : (current?.reader ?? null);
  };

  return {
    async read(query, params) {
      const answer = (await readerNow()?.read(query, params)) ?? fail(NOWHERE);
      if (!answer.ok && answer.failure.kind === 'unreachable') isDoubtful = true;
      return answer;
    },
    async ping() {
      const isThere = (await readerNow()?.ping()) ?? false;
      if (!isThere) isDoubtful = true;
      return isThere;
    },
    async close() {
      await current?.reader.close();
      current = null;
      isDoubtful = true;
    }
  };
}
