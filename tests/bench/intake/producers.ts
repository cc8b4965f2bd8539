/** Producers: the same client for our service and for ClickHouse, so that a ratio says nothing of it. */
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { z } from 'zod';
import type { ClickHouseAddress } from '#sql/interface.server.ts';

export interface Target {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** @throws when the answer is not that all was taken */
  readonly check: (body: string, events: number) => void;
}

const Stored = z.object({ stored: z.int() });

/** @param onStored told how many events an answer says are stored */
export const ours = (url: string, key: string, onStored: (events: number) => void): Target => ({
  url: new URL('/v1/events', url),
  headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
  check(body, events) {
    const { stored } = Stored.parse(JSON.parse(body));
    if (stored !== events) throw new Error(`${stored} of ${events} events were stored`);
    onStored(stored);
  }
});

/**
 * `INSERT … FORMAT JSONEachRow` into the raw table; the views on it do their part.
 * @param isGathered ClickHouse gathers small inserts before it writes them (async_insert, its own default): better for single rows where
 * many come at a time, dearer for large ones
 */
export function direct({ url, username, password, database }: ClickHouseAddress, isGathered = false): Target {
  const target = new URL(url);
  target.searchParams.set('async_insert', isGathered ? '1' : '0');
  target.searchParams.set('wait_for_async_insert', '1');
  target.searchParams.set('database', database);
  target.searchParams.set('query', 'INSERT INTO events_raw_v1 FORMAT JSONEachRow');
  return {
    url: target,
    headers: { 'x-clickhouse-user': username, 'x-clickhouse-key': password },
    check(body) {
      if (body !== '') throw new Error(`ClickHouse answered ${body.slice(0, 200)}`);
    }
  };
}

export interface Body {
  readonly events: number;
  readonly bytes: Buffer;
}

async function post({ url, headers, check }: Target, pool: Pool, { bytes, events }: Body): Promise<void> {
  const { statusCode, body } = await pool.request({
    path: url.pathname + url.search,
    method: 'POST',
    headers,
    body: bytes
  });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${statusCode}: ${text.slice(0, 200)}`);
  check(text, events);
}

/** A client as light as there is: what it takes of two processors, what is measured does not have. */
const connect = ({ url }: Target, connections: number): Pool => new Pool(url.origin, { connections, pipelining: 1 });

/** Every body once, so many under way at a time. @returns ms until the last answer */
export async function postAll(target: Target, bodies: readonly Body[], connections: number): Promise<number> {
  const pool = connect(target, connections);
  const waiting = bodies.values();
  const began = performance.now();
  const lane = async (): Promise<void> => {
    for (const body of waiting) await post(target, pool, body);
  };
  await Promise.all(Array.from({ length: connections }, lane));
  const ms = performance.now() - began;
  await pool.destroy();
  return ms;
}

/** As many as go in a time, each connection one after the other. @returns answers a second, after the warm-up */
export async function postForMs(
  target: Target,
  next: () => Body,
  { connections, warmUpMs, forMs }: { readonly connections: number; readonly warmUpMs: number; readonly forMs: number }
): Promise<number> {
  const pool = connect(target, connections);
  const began = performance.now() + warmUpMs;
  let answered = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() - began < forMs) {
      await post(target, pool, next());
      if (performance.now() >= began) answered++;
    }
  };
  await Promise.all(Array.from({ length: connections }, lane));
  const ms = performance.now() - began;
  await pool.destroy();
  return (answered * 1_000) / ms;
}

/**
 * On a fixed beat, however late answers are: waiting for a connection counts.
 * @returns ms from the moment each was due to its answer, after the warm-up
 */
export async function postOnBeat(
  target: Target,
  next: () => Body,
  beat: { readonly perSecond: number; readonly warmUpMs: number; readonly forMs: number; readonly connections: number }
): Promise<number[]> {
  const pool = connect(target, beat.connections);
  const took: number[] = [];
  const under: Promise<void>[] = [];
  const began = performance.now();
  const total = Math.floor(((beat.warmUpMs + beat.forMs) * beat.perSecond) / 1_000);
  for (let n = 0; n < total; n++) {
    const due = began + (n * 1_000) / beat.perSecond;
    const early = due - performance.now();
    if (early > 0) await sleep(early);
    under.push(
      post(target, pool, next()).then(() => {
        if (due - began >= beat.warmUpMs) took.push(performance.now() - due);
      })
    );
  }
  await Promise.all(under);
  await pool.destroy();
  return took;
}

/** One chunked NDJSON body, as fast as it is read. @returns the status and all acknowledgements */
export function postStream(
  { url, headers }: Target,
  lines: readonly string[]
): Promise<{ readonly status: number; readonly text: string }> {
  const target = new URL(url);
  target.searchParams.set('stream', 'true');
  return new Promise((settle, reject) => {
    const sent = request(target, { method: 'POST', headers: { ...headers, 'content-type': 'application/x-ndjson' } });
    sent.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
      response.on('error', reject);
      response.on('end', () => settle({ status: response.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    Readable.from(lines).pipe(sent);
  });
}
