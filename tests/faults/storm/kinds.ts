/** The kinds of faults, and what each is given to work on. */
import type { Random } from '#ingest/simulator/random.ts';
import type { Ledger } from './ledger.ts';
import type { Load } from './load.ts';
import type { Place } from './place.ts';

export const KINDS = {
  process: [
    'kill ingest',
    'kill ClickHouse',
    'kill both',
    'freeze ingest',
    'freeze ClickHouse',
    'torn journal tail',
    'full disk',
    'clock skew'
  ],
  wire: ['cut connection', 'slow connection', 'lost answers'],
  body: ['malformed body', 'giant body', 'bomb', 'slow loris']
} as const;
export type Lane = keyof typeof KINDS;
export type Kind = (typeof KINDS)[Lane][number];

/** A connection that dawdles, in the end. */
export interface Dawdler {
  /** from its begin, without the time the service was frozen */
  readonly ms: number;
  /** and not by an end of the service */
  readonly isClosedByIt: boolean;
}

export interface Storm {
  readonly place: Place;
  readonly load: Load;
  readonly ledger: Ledger;
  readonly bodies: Readonly<Record<'malformed' | 'giant' | 'bomb', Fault>>;
  readonly dawdlers: Promise<Dawdler>[];
  readonly complaints: string[];
  /** what was seen, for the table */
  readonly notes: Record<string, number>;
}

export const note = ({ notes }: Storm, what: string, by = 1): void => void (notes[what] = (notes[what] ?? 0) + by);

/** @returns evidence that it bit, counted in what {@link EVIDENCE} says; 0: it did not, and comes again later */
export type Fault = (storm: Storm, random: Random) => Promise<number>;

export const EVIDENCE: Readonly<Record<Kind, string>> = {
  'kill ingest': 'requests in flight, starts broken off',
  'kill ClickHouse': 'requests in flight',
  'kill both': 'requests in flight, starts broken off',
  'freeze ingest': 'requests in flight',
  'freeze ClickHouse': 'events that waited for it',
  'torn journal tail': 'bytes cut off or put behind',
  'full disk': 'requests refused',
  'clock skew': 'requests answered meanwhile',
  'cut connection': 'events that waited for it',
  'slow connection': 'events that waited for it',
  'lost answers': 'answers lost',
  'malformed body': 'bodies judged',
  'giant body': 'bodies judged',
  bomb: 'bodies judged',
  'slow loris': 'connections that dawdled'
};
