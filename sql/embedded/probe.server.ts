const PROBE_EVERY_MS = 2_000;
const PROBE_TIMEOUT_MS = 2_000;

/**
 * Calls `onSilence` once when a server has not answered /ping for `silenceMs`: a process may live and yet serve nobody (frozen, or its
 * port closed). /ping is no query: an idle server stays idle. Keeps no process alive.
 * @returns stops watching
 */
export function watchSilence(url: string, silenceMs: number, onSilence: () => void): () => void {
  const everyMs = Math.min(PROBE_EVERY_MS, silenceMs / 2);
  let lastAnswerAt = performance.now();
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    clearInterval(timer);
  };
  const timer = setInterval(() => {
    void isAnswering(url).then((answering) => {
      if (stopped) return;
      if (answering) lastAnswerAt = performance.now();
      else if (performance.now() - lastAnswerAt >= silenceMs) {
        stop();
        onSilence();
      }
    });
  }, everyMs).unref();
  return stop;
}

function isAnswering(url: string): Promise<boolean> {
  return fetch(`${url}/ping`, { headers: { connection: 'close' }, signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) }).then(
    async (answer) => {
      await answer.body?.cancel();
      return answer.ok;
    },
    () => false
  );
}
