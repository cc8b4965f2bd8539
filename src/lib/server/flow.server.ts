/** What the dashboard can say of the flow of events: ingest's own word, or why there is none and when it was last heard. */
import type { FlowAnswer } from '#lib/contracts/flow.ts';
import type { Services } from '#lib/server/services.server.ts';

export async function readFlow({
  ingest,
  ingestHeardAt,
  clock
}: Pick<Services, 'ingest' | 'ingestHeardAt' | 'clock'>): Promise<FlowAnswer> {
  const told = await ingest.flow();
  const now = clock();
  if (told.ok) return { now, flow: told.value, failure: null, heard_at: now };
  return { now, flow: null, failure: told.failure.kind, heard_at: ingestHeardAt() };
}
