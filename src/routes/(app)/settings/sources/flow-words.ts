/** The flow of events in words: one sentence for its state, one for what that means. */
import type { Format } from '#lib/components/format.ts';
import type { FlowAnswer } from '#lib/contracts/flow.ts';
import type { WatchedState } from '#lib/live/flow-watch.svelte.ts';
import * as m from '#lib/paraglide/messages.js';

/** `ok` nothing waits, `quiet` no cause for worry, `warn` late, `bad` failed, `unknown` not known */
export type FlowTone = 'ok' | 'quiet' | 'warn' | 'bad' | 'unknown';
export interface FlowWords {
  readonly tone: FlowTone;
  readonly title: string;
  readonly hint: string;
  /** to those who hear the page, on change only: without what counts by the second. Left out: the title */
  readonly spoken?: string;
}

const FULL = { full: m.flow_full, disk_full: m.flow_disk_full, broken: m.flow_broken } as const;
const SIZES = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `512 B`, `3,4 GB`, `120 MB`: decimal, as disks are sold. */
export function bytesText(bytes: number, f: Format): string {
  const step = bytes < 1 ? 0 : Math.min(SIZES.length - 1, Math.floor(Math.log10(bytes) / 3));
  const scaled = bytes / 1_000 ** step;
  return `${f.decimal(scaled, step > 0 && scaled < 10 ? 1 : 0)}\u00a0${SIZES[step] ?? ''}`;
}
/** Small fills to a decimal, and the smallest still not as nothing. */
export function fillText(fill: number, f: Format): string {
  if (fill > 0 && fill < 0.001) return `<${f.percent(0.001)}`;
  // full is said only of what is
  return f.percent(
    fill < 1 ? Math.min(fill, 0.999) : fill,
    fill > 0 && fill < 0.1 ? 1 : fill > 0.99 && fill < 1 ? 1 : 0
  );
}

export const eventsText = (events: number, f: Format): string => m.flow_events({ n: events, count: f.count(events) });

/** @param answer says when an ingest service that does not answer was last heard */
export function flowWords(state: WatchedState, answer: FlowAnswer, f: Format): FlowWords {
  switch (state.kind) {
    case 'clear':
      return { tone: 'ok', title: m.flow_clear(), hint: m.flow_clear_hint() };
    case 'moving':
      return {
        tone: 'quiet',
        title: m.flow_moving({ events: eventsText(state.events, f) }),
        hint: m.flow_moving_hint(),
        spoken: m.flow_clear()
      };
    case 'late': {
      const said = { events: eventsText(state.events, f), age: f.exactAge(state.waitMs) };
      return { tone: 'warn', title: m.flow_late(said), hint: m.flow_late_hint(), spoken: m.flow_spoken_late() };
    }
    case 'away':
    case 'failing':
    case 'refusing':
      return troubleWords(state, f);
    case 'starting':
      return { tone: 'unknown', title: m.flow_starting(), hint: m.flow_starting_hint() };
    case 'unreachable':
      return { tone: 'unknown', title: m.flow_unreachable(), hint: unheard(answer, f) };
    case 'refused':
      return { tone: 'unknown', title: m.flow_refused(), hint: m.flow_refused_hint() };
    case 'silent':
      return {
        tone: 'unknown',
        title: m.flow_silent({ age: f.exactAge(state.silentMs) }),
        hint: m.flow_silent_hint(),
        spoken: m.flow_spoken_silent()
      };
  }
}

function unheard({ heard_at: at, now }: FlowAnswer, f: Format): string {
  if (at === null) return m.flow_unheard_hint();
  return m.flow_unreachable_hint({ when: f.moment(at, now), age: f.exactAge(now - at) });
}

type Trouble = Extract<WatchedState, { kind: 'away' | 'failing' | 'refusing' }>;
function troubleWords(state: Trouble, f: Format): FlowWords {
  const events = eventsText(state.events, f);
  if (state.kind === 'refusing')
    return { tone: 'bad', title: FULL[state.why](), hint: m.flow_refusing_hint({ events }) };
  if (state.kind === 'failing') {
    const said = { events, age: f.exactAge(state.waitMs) };
    const { step, code } = state;
    const [title, hint] =
      code === ''
        ? [m.flow_trouble(said), m.flow_trouble_hint()]
        : [m.flow_failing(said), m.flow_failing_hint({ step, code })];
    return { tone: 'bad', title, hint, spoken: m.flow_spoken_failing() };
  }
  const age = f.exactAge(state.awayMs);
  const title =
    state.events === 0 ? m.flow_away_idle({ age }) : m.flow_away({ age, events, fill: fillText(state.fill, f) });
  return { tone: 'bad', title, hint: m.flow_away_hint(), spoken: m.flow_spoken_away() };
}
