/** An event as it was sent, read again: what a stored row must say, and what the oracle is told. */
import { z } from 'zod';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { accepted } from '#ingest/verify/oracle/events.fixture.ts';

const Sent = z.looseObject({
  source: z.string(),
  id: z.string(),
  type: z.string(),
  time: z.string(),
  data: z.record(z.string(), z.unknown())
});
type Sent = z.output<typeof Sent>;

export const readSent = (text: string): Sent => Sent.parse(JSON.parse(text));

/** @param seq any order will do: each identity is told once */
export function toAccepted(text: string, seq: number): AcceptedEvent {
  const { source, id, type, time, data } = readSent(text);
  return accepted({ seq, source, id, type, time: Date.parse(time), received_at: Date.parse(time), data });
}
