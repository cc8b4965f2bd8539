/** What an import leaves out, by reason and line: nothing is dropped without being listed. */

export const SKIP_REASONS = {
  malformed_row: 'the row has another number of columns than the header, or broken quotes',
  missing_value: 'a value that the event needs is empty',
  bad_money: 'no amount of money',
  fraction_of_minor: 'the amount is no whole cent or penny',
  bad_date: 'no date of the format in use',
  bad_integer: 'no whole number',
  bad_word: 'a word the mapping has no translation for',
  quantity_zero: 'a line of quantity 0',
  price_zero: 'a line sold at price 0',
  price_negative: 'a line sold at a negative price',
  return_of_nothing: 'a line of a credit note whose quantity is not negative',
  refund_not_positive: 'a credit note whose money does not add up to a refund',
  payment_zero: 'a payment of 0',
  parcel_in_future: 'a parcel that falls due after now; import the folder again then to add it',
  no_such_order: 'a row whose order is not in the folder',
  no_event: 'a row that no event of the mapping asks for',
  twice: 'a second row of what may stand once'
} as const;
export type SkipReason = keyof typeof SKIP_REASONS;

export interface Skip {
  readonly file: string;
  /** of the file, the first is 1 */
  readonly line: number;
  readonly detail: string;
}

export interface SkipLog {
  add(reason: SkipReason, file: string, line: number, detail: string): void;
  readonly counts: ReadonlyMap<SkipReason, number>;
  /** in the order of finding, at most `keptMax` of each reason */
  list(reason: SkipReason): readonly Skip[];
}

export function createSkipLog(keptMax: number): SkipLog {
  const counts = new Map<SkipReason, number>();
  const kept = new Map<SkipReason, Skip[]>();
  return {
    counts,
    add(reason, file, line, detail) {
      const count = (counts.get(reason) ?? 0) + 1;
      counts.set(reason, count);
      if (count > keptMax) return;
      const list = kept.get(reason);
      if (list === undefined) kept.set(reason, [{ file, line, detail }]);
      else list.push({ file, line, detail });
    },
    list: (reason) => kept.get(reason) ?? []
  };
}
