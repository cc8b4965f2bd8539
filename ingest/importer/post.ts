/** One request to the ingest API, repeated with the same body until it is answered. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BatchAnswer, Problem } from '#lib/contracts/ingest.ts';
import { ImportFault } from './fault.ts';

const TIMEOUT_MS = 60_000;
const WAIT_FIRST_MS = 200;
const WAIT_MAX_MS = 15_000;

export interface Target {
  /** of the ingest service, without a path */
  readonly url: string;
  readonly key: string;
  /** in the lane that live traffic overtakes */
  readonly backfill?: boolean;
  /** how long a batch may go unanswered before the import stops, resumable */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
  /** told before each wait */
  readonly onWait: (why: string, ms: number) => void;
}

type Attempt =
  | { readonly kind: 'answered'; readonly answer: BatchAnswer }
  | { readonly kind: 'wait'; readonly why: string; readonly afterMs: number };

/** Retry-After in seconds; 0 when it is absent or a date. */
const retryAfterMs = (response: Response): number => (Number(response.headers.get('retry-after') ?? 0) || 0) * 1000;

async function problemOf(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const problem = Problem.safeParse(JSON.parse(text));
    return problem.success ? problem.data.detail || problem.data.title : text.slice(0, 200);
  } catch {
    return text.slice(0, 200);
  }
}

async function refused(url: string, response: Response): Promise<ImportFault> {
  const why = `answers ${response.status}: ${await problemOf(response)}`;
  if (response.status === 401)
    return new ImportFault(
      url,
      why,
      'give a valid key by --key or INGEST_API_KEY (npm run admin -- key add --name import)'
    );
  if (response.status === 403)
    return new ImportFault(url, why, 'the key may not send this source: allow it, or tell another --source');
  if (response.status === 404) return new ImportFault(url, why, 'is --url the ingest service and not the dashboard?');
  return new ImportFault(url, why, 'see the log of the ingest service');
}

async function attempt(target: Target, body: Buffer): Promise<Attempt> {
  const url = new URL(target.backfill === true ? '/v1/events?backfill=true' : '/v1/events', target.url).href;
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${target.key}`,
        'content-type': 'application/x-ndjson',
        'content-encoding': 'gzip'
      },
      body: new Uint8Array(body),
      signal: AbortSignal.any([target.signal, AbortSignal.timeout(TIMEOUT_MS)])
    });
    if (response.status === 429 || response.status >= 500) {
      await response.arrayBuffer();
      return { kind: 'wait', why: `answers ${response.status}`, afterMs: retryAfterMs(response) };
    }
    // 400 with a batch's answer: every item was rejected
    if (response.ok || response.status === 400) {
      const text = await response.clone().text();
      const answer = BatchAnswer.safeParse(JSON.parse(text));
      if (answer.success) return { kind: 'answered', answer: answer.data };
    }
  } catch (error) {
    if (target.signal.aborted) throw error;
    return { kind: 'wait', why: error instanceof Error ? reasonOf(error) : 'does not answer', afterMs: 0 };
  }
  throw await refused(url, response);
}

/** fetch hides the reason, such as ECONNREFUSED, in the cause. */
const reasonOf = (error: Error): string =>
  error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;

/**
 * @throws ImportFault when the API refuses the request, or answers nothing useful for `patienceMs`; the reason of `signal` once aborted
 */
export async function post(target: Target, body: Buffer): Promise<BatchAnswer> {
  const started = performance.now();
  for (let wait = WAIT_FIRST_MS; ; wait = Math.min(wait * 2, WAIT_MAX_MS)) {
    const result = await attempt(target, body);
    if (result.kind === 'answered') return result.answer;
    const ms = Math.max(result.afterMs, Math.round(wait * (0.5 + Math.random() / 2)));
    if (performance.now() - started + ms > target.patienceMs)
      throw new ImportFault(
        target.url,
        `${result.why}, for ${Math.round(target.patienceMs / 1000)} s`,
        'start the ingest service and run the same command again: it goes on where it stopped'
      );
    target.onWait(result.why, ms);
    await sleep(ms, undefined, { signal: target.signal });
  }
}
