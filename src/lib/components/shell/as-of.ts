/** The moment that is shown lives in the URL: `?as_of=RFC3339`, none for now. */
import type { EpochMs, LocalDate } from '#lib/contracts/time.ts';
import type { ZonedDay } from '#lib/domain/zone.ts';

const MINUTE_MS = 60_000;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const CLOCK = /^([01]\d|2[0-3]):([0-5]\d)/;

/** The same page at another moment; `null`: now. An open drawer and filters stay. */
export function withAsOf(url: URL, ms: EpochMs | null): string {
  const next = new URL(url);
  if (ms === null) next.searchParams.delete('as_of');
  else next.searchParams.set('as_of', new Date(ms).toISOString());
  return `${next.pathname}${next.search}`;
}

/** Another page at the same moment. */
export function keepAsOf(href: string, url: URL): string {
  const asOf = url.searchParams.get('as_of');
  return asOf === null ? href : `${href}?as_of=${encodeURIComponent(asOf)}`;
}

/** A local day and clock time as an instant; a clock time that a DST gap skips moves on. */
export function instantOf(date: LocalDate, time: string, zone: ZonedDay): EpochMs | undefined {
  const match = CLOCK.exec(time);
  if (match === null || !DATE.test(date)) return undefined;
  return zone.at(date, (Number(match[1]) * 60 + Number(match[2])) * MINUTE_MS);
}
