/** What ClickHouse knows of the past, read once at the start: identities, the highest position, watermarks, when sources last sent. */
import { z } from 'zod';
import { ok, type Result } from '#lib/contracts/result.ts';
import { STREAMS, type Stream } from '#lib/contracts/streams.ts';
import type { ClickHouseFailure, Reader } from '#sql/interface.server.ts';
import { loadQuery } from '#sql/queries.server.ts';
import { ENTRY_BYTES } from './entry.ts';
import type { Identities } from './identities.ts';

/** 4.3 MB of base64 a page. */
const PAGE_EVENTS = 100_000;

const identitiesQuery = () => ({
  name: 'identities',
  sql: loadQuery('identities'),
  params: z.object({ after: z.int(), most: z.int() }),
  row: z.object({ events: z.int(), through: z.int(), packed: z.string() }),
  timeoutMs: 60_000
});

/** Adds every identity stored behind what the runs cover, page by page. May be repeated after a failure. */
export async function loadIdentities(reader: Reader, identities: Identities): Promise<Result<void, ClickHouseFailure>> {
  const query = identitiesQuery();
  let after = identities.covered;
  for (;;) {
    const answer = await reader.read(query, { after, most: PAGE_EVENTS });
    if (!answer.ok) return answer;
    const [page] = answer.value;
    if (!page || page.events === 0) return ok(undefined);
    const entries = Buffer.from(page.packed, 'base64');
    if (entries.length !== page.events * ENTRY_BYTES)
      throw new Error(`identities: ${entries.length} bytes for ${page.events} events`);
    identities.settle(entries, page.through);
    // so that a long history is on disk as fast as it is read, and not in memory
    await identities.settled();
    after = page.through;
  }
}

/** The highest position any journal has given in this ClickHouse; 0 when it is empty. */
export async function readPositionsUsed(reader: Reader): Promise<Result<number, ClickHouseFailure>> {
  const answer = await reader.read(
    {
      name: 'positions_used',
      sql: loadQuery('positions_used'),
      params: z.object({}),
      row: z.object({ position: z.int() }),
      timeoutMs: 10_000
    },
    {}
  );
  return answer.ok ? ok(answer.value[0]?.position ?? 0) : answer;
}

/** Newest event time (epoch ms) of each stream that has delivered. */
export async function readWatermarks(reader: Reader): Promise<Result<Map<Stream, number>, ClickHouseFailure>> {
  const answer = await reader.read(
    {
      name: 'stream_watermarks',
      sql: loadQuery('stream_watermarks'),
      params: z.object({}),
      row: z.object({ stream: z.enum(STREAMS), watermark: z.int() }),
      timeoutMs: 10_000
    },
    {}
  );
  return answer.ok ? ok(new Map(answer.value.map(({ stream, watermark }) => [stream, watermark]))) : answer;
}

/** When each source last sent an event that was stored (epoch ms), of the `most` that did so most recently. */
export async function readLastReceived(
  reader: Reader,
  most: number
): Promise<Result<Map<string, number>, ClickHouseFailure>> {
  const answer = await reader.read(
    {
      name: 'sources_last_received',
      sql: loadQuery('sources_last_received'),
      params: z.object({ most: z.int() }),
      row: z.object({ source: z.string(), received_ms: z.int() }),
      timeoutMs: 60_000
    },
    { most }
  );
  return answer.ok ? ok(new Map(answer.value.map(({ source, received_ms }) => [source, received_ms]))) : answer;
}
