/**
 * The state of the flow of events while its page is shown: asked for each second, and never taken for current when it is not. On
 * pages of settings only, so it has a way of its own and costs the live pages nothing.
 */
import { FlowAnswer, type Flow } from '#lib/contracts/flow.ts';
import type { EpochMs } from '#lib/contracts/time.ts';
import { flowState, type FlowState } from '#lib/domain/flow.ts';

const EVERY_MS = 1_000;
/** Longer than the dashboard itself waits for ingest. */
const ANSWER_WITHIN_MS = 4_000;
/** No answer for so long: what was said last may not hold any more. */
export const SILENT_MS = 5_000;

/** `silent`: the dashboard itself is not heard. */
export type WatchedState = FlowState | { readonly kind: 'silent'; readonly silentMs: number };

export class FlowWatch {
  #answer = $state.raw<FlowAnswer>({ now: 0, flow: null, failure: 'unreachable', heard_at: null });
  #known = $state.raw<{ readonly flow: Flow; readonly at: EpochMs } | null>(null);
  #heardAt = $state(0);
  #now = $state(0);

  /** @param now the reader's clock, epoch ms: it only tells how long nothing was heard */
  constructor(first: FlowAnswer, now: EpochMs) {
    this.heard(first, now);
  }

  readonly #silentMs = $derived(this.#now - this.#heardAt);
  readonly state: WatchedState = $derived(
    this.#silentMs >= SILENT_MS ? { kind: 'silent', silentMs: this.#silentMs } : flowState(this.#answer)
  );
  /** what is shown below the state is of now */
  readonly isCurrent = $derived(this.state.kind !== 'silent' && this.#answer.flow !== null);

  get answer(): FlowAnswer {
    return this.#answer;
  }
  /** the last that ingest said, and when by the dashboard's clock; null: nothing since the page was opened */
  get known(): { readonly flow: Flow; readonly at: EpochMs } | null {
    return this.#known;
  }

  heard(answer: FlowAnswer, now: EpochMs): void {
    this.#answer = answer;
    this.#heardAt = now;
    this.#now = now;
    if (answer.flow !== null) this.#known = { flow: answer.flow, at: answer.now };
  }
  tick(now: EpochMs): void {
    this.#now = now;
  }
}

async function ask(path: string): Promise<FlowAnswer | null> {
  try {
    const response = await fetch(path, { redirect: 'error', signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    const answer = FlowAnswer.safeParse(response.ok ? await response.json() : null);
    return answer.success ? answer.data : null;
  } catch {
    return null;
  }
}

/**
 * Watches from a component's start to its end; a hidden page does not ask.
 * @param rendered as the server rendered it; @param path answers a FlowAnswer
 */
export function watchFlow(rendered: () => FlowAnswer, path: string): FlowWatch {
  const first = $derived(rendered());
  const watch = new FlowWatch(rendered(), Date.now());
  let isAsking = false;
  const look = async (): Promise<void> => {
    watch.tick(Date.now());
    if (isAsking || document.visibilityState === 'hidden') return;
    isAsking = true;
    const answer = await ask(path);
    isAsking = false;
    if (answer !== null) watch.heard(answer, Date.now());
  };
  $effect(() => watch.heard(first, Date.now()));
  $effect(() => {
    const timer = setInterval(() => void look(), EVERY_MS);
    const shown = (): void => void look();
    document.addEventListener('visibilitychange', shown);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', shown);
    };
  });
  return watch;
}
