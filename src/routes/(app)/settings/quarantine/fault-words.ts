/** What is wrong, in the reader's words: the messages of the API are for producers, and in English. */
import type { QuarantineRow } from '#lib/contracts/quarantine.ts';
import type { QuarantineCode } from '#lib/contracts/ingest.ts';
import * as m from '#lib/paraglide/messages.js';

export const REASONS: Readonly<Record<QuarantineCode, () => string>> = {
  invalid_data: m.quarantine_invalid_data,
  unknown_type: m.quarantine_unknown_type,
  future_time: m.quarantine_future_time,
  unstorable: m.quarantine_unstorable
};

/** By how a message begins or what it holds; the first that fits. */
const WORDS: readonly (readonly [RegExp, () => string])[] = [
  [/^missing/, m.quarantine_missing],
  [/^null is no value/, m.quarantine_null],
  [/cannot be held exactly|whole number|whole JSON number/, m.quarantine_whole],
  [/id must be a JSON string|Expected string.*number|expected string, received number/i, m.quarantine_number_for_text],
  [/currency code/, m.quarantine_currency],
  [/^must be greater than 0/, m.quarantine_positive],
  [/^must not be negative/, m.quarantine_negative],
  [/^must not be 0/, m.quarantine_zero],
  [/sum of fees/, m.quarantine_fees],
  [/calendar date|date from 1970/, m.quarantine_date],
  [/RFC 3339/, m.quarantine_time],
  [/ahead of our clock/, m.quarantine_ahead],
  [/before 1970/, m.quarantine_early],
  [/type we do not know/, m.quarantine_type],
  [/expected one of|Invalid option/i, m.quarantine_option],
  [/^required/, m.quarantine_required],
  [/^Invalid input|^expected/i, m.quarantine_shape]
];

/** Null: none of ours fits, the message itself must do. */
export const faultWords = (message: string): string | null =>
  WORDS.find(([pattern]) => pattern.test(message))?.[1]() ?? null;

/** Words for the list, where the fault's place stands below. */
export const faultOf = ({ message, code }: Pick<QuarantineRow, 'message' | 'code'>): string =>
  faultWords(message) ?? (message === '' ? REASONS[code]() : message);
