/** What comes back of the shares that others had of a charge: they left with the fees when it was settled. */
import type { SourceSettings } from '#lib/contracts/sources.ts';
import { accountOf, CURRENCY, isInCash, shareOf, type AsaasEvent, type Payment } from './asaas-payment.ts';
import { told, type Told } from './platform.ts';

type Refund = NonNullable<Payment['refunds']>[number];
interface Back {
  readonly id: string;
  readonly movement_id: string;
  readonly time: string;
  readonly minor: number;
}

const IN_FULL = 'REFUNDED';

const back = ({ id, movement_id, time, minor }: Back, settings: SourceSettings): Told =>
  told('account.moved', id, time, {
    account: accountOf(settings),
    amount_minor: minor,
    currency: CURRENCY,
    category: 'other',
    movement_id,
    memo: 'split'
  });

/** What came back with one refund. */
export function splitsBack(
  { payment }: AsaasEvent,
  { refundedSplits, movement_id, time }: Refund & { readonly movement_id: string; readonly time: string },
  settings: SourceSettings
): Told[] {
  const inFull = new Set((payment.split ?? []).filter(({ status }) => status === IN_FULL).map(({ id }) => id));
  return (refundedSplits ?? [])
    .filter(({ id, done, value }) => value !== 0 && (done !== false || inFull.has(id)))
    .map(({ id, value: minor }) => {
      const movement = `${movement_id}:split:${id}`;
      return back({ id: movement, movement_id: movement, time, minor }, settings);
    });
}

/** What the refunds do not tell of the shares that came back in full: once a share, whichever event tells it. */
export function sharesBack({ id, time, payment }: AsaasEvent, settings: SourceSettings): Told[] {
  if (isInCash(payment)) return [];
  const ofRefunds = (payment.refunds ?? [])
    .filter(({ status }) => status !== 'CANCELLED')
    .flatMap(({ refundedSplits }) => refundedSplits ?? []);
  return (payment.split ?? []).flatMap((part, index) => {
    if (part.status !== IN_FULL) return [];
    const minor = ofRefunds.reduce(
      (rest, { id: share, value }) => (share === part.id ? rest - value : rest),
      shareOf(part, payment)
    );
    if (minor <= 0) return [];
    const movement_id = `${payment.id}:split:${part.id ?? index + 1}`;
    return [back({ id: `${id}:split:${index + 1}`, movement_id, time, minor }, settings)];
  });
}
