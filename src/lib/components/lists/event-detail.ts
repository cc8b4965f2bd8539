/** The second word of an event in a timeline: its code in the reader's language. */
import type { Format } from '#lib/components/format.ts';
import * as m from '#lib/paraglide/messages.js';
import { methodName } from './events.ts';

const WORDS: Readonly<Record<string, () => string>> = {
  'collection.contacted no_answer': m.outcome_no_answer,
  'collection.contacted wrong_person': m.outcome_wrong_person,
  'collection.contacted right_party': m.outcome_right_party,
  'collection.contacted promised': m.outcome_promised,
  'collection.contacted refused': m.outcome_refused,
  'collection.contacted disputed': m.outcome_disputed,
  'collection.contacted claims_paid': m.outcome_claims_paid,
  'collection.contacted callback': m.outcome_callback,
  'invoice.issued agreement': m.invoice_agreement,
  'invoice.credited return': m.credit_return,
  'invoice.credited discount': m.credit_discount,
  'invoice.credited withholding': m.credit_withholding,
  'payment.reversed refund': m.reversal_refund,
  'payment.reversed chargeback': m.reversal_chargeback,
  'payment.reversed returned': m.reversal_returned,
  'payment.reinstated refund': m.reversal_refund,
  'payment.reinstated chargeback': m.reversal_chargeback,
  'payment.reinstated returned': m.reversal_returned
};
/** What goes without saying. */
const SILENT: readonly string[] = ['invoice.issued sale', 'invoice.credited other'];

/** @returns empty where there is nothing to add; an unknown code reads as itself */
export function detailText(type: string, detail: string | null, f: Format): string {
  if (detail === null || SILENT.includes(`${type} ${detail}`)) return '';
  if (type === 'promise.made') return m.promise_for({ date: f.shortDate(detail) });
  if (type === 'payment.confirmed' || type === 'payment.settled') return methodName(detail);
  return WORDS[`${type} ${detail}`]?.() ?? detail;
}
