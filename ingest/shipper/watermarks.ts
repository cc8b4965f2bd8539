import { STREAMS, type Stream } from '#lib/contracts/streams.ts';

/** Watermarks as the doorbell tells them. */
export const toWatermarks = (watermarks: ReadonlyMap<Stream, number>): Partial<Record<Stream, number>> =>
  Object.fromEntries(STREAMS.flatMap((stream) => (watermarks.has(stream) ? [[stream, watermarks.get(stream)]] : [])));
