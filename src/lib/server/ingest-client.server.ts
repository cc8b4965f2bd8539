/** The ingest service's keys and quarantine, asked over its internal API. */
import * as z from 'zod';
import { Flow } from '#lib/contracts/flow.ts';
import { IngestKey, KeyCreated, KeysAnswer } from '#lib/contracts/internal.ts';
import {
  QuarantineOpen,
  QuarantineReasons,
  QuarantineRows,
  QuarantineTest,
  ReplayAnswer
} from '#lib/contracts/quarantine.ts';
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import type { IngestAdmin, IngestFailure } from '#lib/server/services.server.ts';

const TIMEOUT_MS = 5_000;
/** every page of settings shows it, and none waits long for it */
const COUNT_TIMEOUT_MS = 500;
/** ingest asks ClickHouse meanwhile, for a second at most */
const FLOW_TIMEOUT_MS = 2_500;
/** a test recomputes all that its events touch */
const QUARANTINE_TIMEOUT_MS = 30_000;
const KeyAnswer = z.object({ key: IngestKey });

export function createIngestAdmin({ url, token }: { readonly url: string; readonly token: string }): IngestAdmin {
  const ask = async <S extends z.core.$ZodType>(
    answer: S,
    path: string,
    post?: object,
    timeoutMs = TIMEOUT_MS
  ): Promise<Result<z.output<S>, IngestFailure>> => {
    try {
      const response = await fetch(new URL(path, url), {
        method: post === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(post !== undefined && { body: JSON.stringify(post) }),
        signal: AbortSignal.timeout(timeoutMs)
      });
      if (!response.ok) {
        await response.body?.cancel();
        return fail({ kind: 'refused', retryable: response.status >= 500 });
      }
      return ok(z.parse(answer, await response.json()));
    } catch (error) {
      if (error instanceof z.core.$ZodError) return fail({ kind: 'refused', retryable: false });
      return fail({ kind: 'unreachable', retryable: true });
    }
  };
  return {
    flow: () => ask(Flow, '/internal/flow', undefined, FLOW_TIMEOUT_MS),
    async keys() {
      const answer = await ask(KeysAnswer, '/internal/keys');
      return answer.ok ? ok(answer.value.keys) : answer;
    },
    addKey: (key) => ask(KeyCreated, '/internal/keys', key),
    async revokeKey(keyId) {
      const answer = await ask(KeyAnswer, `/internal/keys/${encodeURIComponent(keyId)}/revoke`, {});
      return answer.ok ? ok(answer.value.key) : answer;
    },
    rotateKey: (keyId, grace_hours) =>
      ask(KeyCreated, `/internal/keys/${encodeURIComponent(keyId)}/rotate`, { grace_hours }),
    quarantine(filter) {
      const given = Object.entries(filter).map(([name, value]): [string, string] => [name, String(value)]);
      const query = new URLSearchParams(given);
      return ask(QuarantineRows, `/internal/quarantine?${query.toString()}`, undefined, QUARANTINE_TIMEOUT_MS);
    },
    quarantineReasons: () => ask(QuarantineReasons, '/internal/quarantine/reasons', undefined, QUARANTINE_TIMEOUT_MS),
    async quarantineOpen() {
      const answer = await ask(QuarantineOpen, '/internal/quarantine/open', undefined, COUNT_TIMEOUT_MS);
      return answer.ok ? ok(answer.value.events) : answer;
    },
    replay: (request) => ask(ReplayAnswer, '/internal/quarantine/replay', request, QUARANTINE_TIMEOUT_MS),
    testReplay: (request) => ask(QuarantineTest, '/internal/quarantine/test', request, QUARANTINE_TIMEOUT_MS)
  };
}
