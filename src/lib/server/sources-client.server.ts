/** The sources that platforms call, asked of the ingest service over its internal API. */
import * as z from 'zod';
import { DeliveriesAnswer, SourceAnswer, SourceCreated, SourcesAnswer } from '#lib/contracts/sources.ts';
import { fail, ok, type Result } from '#lib/contracts/result.ts';
import type { SourceFailure, SourcesAdmin } from '#lib/server/services.server.ts';

const TIMEOUT_MS = 5_000;

function kindOf(status: number): SourceFailure['kind'] {
  if (status === 409) return 'taken';
  if (status === 404) return 'not_found';
  return status === 400 ? 'unusable' : 'refused';
}

export function createSourcesAdmin({ url, token }: { readonly url: string; readonly token: string }): SourcesAdmin {
  const ask = async <S extends z.core.$ZodType>(
    answer: S,
    path: string,
    post?: object
  ): Promise<Result<z.output<S>, SourceFailure>> => {
    try {
      const response = await fetch(new URL(`/internal/sources${path}`, url), {
        method: post === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(post !== undefined && { body: JSON.stringify(post) }),
        signal: AbortSignal.timeout(TIMEOUT_MS)
      });
      if (response.ok) return ok(z.parse(answer, await response.json()));
      await response.body?.cancel();
      return fail({ kind: kindOf(response.status), retryable: response.status >= 500 });
    } catch (error) {
      if (error instanceof z.core.$ZodError) return fail({ kind: 'refused', retryable: false });
      return fail({ kind: 'unreachable', retryable: true });
    }
  };
  const of = (source: string): string => `/${encodeURIComponent(source)}`;
  return {
    ingestUrl: url,
    async list() {
      const answer = await ask(SourcesAnswer, '');
      return answer.ok ? ok(answer.value.sources) : answer;
    },
    async deliveries(source) {
      const answer = await ask(DeliveriesAnswer, `${of(source)}/deliveries`);
      return answer.ok ? ok(answer.value.deliveries) : answer;
    },
    add: (source) => ask(SourceCreated, '', source),
    async change(source, change) {
      const answer = await ask(SourceAnswer, of(source), change);
      return answer.ok ? ok(answer.value.source) : answer;
    },
    rotate: (source, change) => ask(SourceCreated, `${of(source)}/secret`, change),
    endEarlier: (source) => ask(SourceCreated, `${of(source)}/secret/end-earlier`, {})
  };
}
