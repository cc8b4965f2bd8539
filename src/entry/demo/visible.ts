import { DoorbellMessage } from '#lib/contracts/internal.ts';

const WAIT_MAX_MS = 180_000;

/**
 * Waits until everything acknowledged so far is in every figure, as the ingest service's doorbell tells it.
 * @returns false when it is not after three minutes, or the doorbell falls silent
 */
export async function untilVisible(ingestUrl: string, internalToken: string, signal: AbortSignal): Promise<boolean> {
  const leave = new AbortController();
  const until = AbortSignal.any([signal, leave.signal, AbortSignal.timeout(WAIT_MAX_MS)]);
  try {
    const answer = await fetch(new URL('/internal/doorbell', ingestUrl), {
      headers: { authorization: `Bearer ${internalToken}` },
      signal: until
    });
    if (!answer.ok || answer.body === null) return false;
    for await (const line of linesOf(answer.body)) {
      const message = DoorbellMessage.parse(JSON.parse(line));
      if (message.kind === 'beat' && message.waiting_since === null && message.visible_seq >= message.acknowledged_seq)
        return true;
    }
    return false;
  } catch (error) {
    if (until.aborted && !signal.aborted) return false;
    throw error;
  } finally {
    leave.abort();
  }
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
  }
}
