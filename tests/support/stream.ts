/** A producer that streams: one request whose body goes on, and the acknowledgements that come meanwhile. */
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { Problem, StreamAnswer } from '#lib/contracts/ingest.ts';
import { API_KEY } from './ingest.ts';

export interface OpenStream {
  /** resolves when the connection takes more: what the service does not read is not written */
  write(chunk: string | Buffer): Promise<void>;
  /** ends the body. @returns when the answer has ended */
  end(): Promise<void>;
  /** leaves without a word */
  abort(): void;
  readonly acknowledged: readonly StreamAnswer[];
  /** how many items are answered */
  readonly through: number;
  readonly problem: Problem | null;
  readonly status: Promise<number>;
  /** when the answer has ended, by whom it may be */
  readonly ended: Promise<undefined>;
  readonly headers: Promise<IncomingMessage['headers']>;
  readonly sums: Pick<StreamAnswer, 'stored' | 'duplicate' | 'quarantined' | 'rejected'>;
}

/** @param query after `?stream=true` */
export function openStream(url: string, headers: Record<string, string> = {}, query = ''): OpenStream {
  const sending = request(`${url}/v1/events?stream=true${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${API_KEY}`, ...headers }
  });
  sending.flushHeaders();
  const acknowledged: StreamAnswer[] = [];
  let problem: Problem | null = null;
  const answered = Promise.withResolvers<IncomingMessage>();
  const over = Promise.withResolvers<undefined>();
  sending.on('error', () => over.resolve(undefined));
  sending.on('response', (response) => {
    answered.resolve(response);
    const lines = createInterface({ input: response });
    lines.on('line', (line) => {
      const parsed: unknown = JSON.parse(line);
      const answer = StreamAnswer.safeParse(parsed);
      if (answer.success) acknowledged.push(answer.data);
      else problem = Problem.parse(parsed);
    });
    response.on('error', () => over.resolve(undefined));
    lines.on('error', () => over.resolve(undefined));
    lines.on('close', () => over.resolve(undefined));
  });
  const total = (key: 'stored' | 'duplicate' | 'quarantined' | 'rejected'): number =>
    acknowledged.reduce((sum, answer) => sum + answer[key], 0);
  return {
    async write(chunk) {
      if (sending.write(chunk) || sending.destroyed) return;
      await Promise.race([once(sending, 'drain'), over.promise]);
    },
    async end() {
      sending.end();
      await over.promise;
    },
    abort: () => void sending.destroy(),
    acknowledged,
    get through() {
      return acknowledged.at(-1)?.through ?? 0;
    },
    get problem() {
      return problem;
    },
    status: answered.promise.then(({ statusCode }) => statusCode ?? 0),
    headers: answered.promise.then((response) => response.headers),
    ended: over.promise,
    get sums() {
      return {
        stored: total('stored'),
        duplicate: total('duplicate'),
        quarantined: total('quarantined'),
        rejected: total('rejected')
      };
    }
  };
}
