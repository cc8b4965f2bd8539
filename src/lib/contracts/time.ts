/** Times that cross a process or the wire. Browser-safe leaf. */

/** Epoch milliseconds, UTC. */
export type EpochMs = number;
/** A calendar date in an explicit zone's reading, `YYYY-MM-DD`. */
export type LocalDate = string;

const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

/**
 * Reads an RFC 3339 time with its zone. Digits beyond the millisecond are cut.
 * @returns epoch milliseconds, or undefined when malformed, without a zone, or no real date (30 February)
 */
export function parseInstant(text: string): EpochMs | undefined {
  if (!RFC3339.test(text)) return undefined;
  const ms = Date.parse(text.replace(/(\.\d{3})\d+/, '$1').toUpperCase());
  if (Number.isNaN(ms)) return undefined;
  // Date.parse rolls 30 February over; the local date as written must survive the round trip
  const day = Number(text.slice(8, 10));
  const month = Number(text.slice(5, 7));
  const rolled = new Date(Date.UTC(Number(text.slice(0, 4)), month - 1, day));
  return rolled.getUTCMonth() === month - 1 && rolled.getUTCDate() === day ? ms : undefined;
}
