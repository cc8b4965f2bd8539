import { error } from '@sveltejs/kit';
import { minorDigits } from '#lib/contracts/money.ts';
import { csvAmount } from '#lib/domain/csv.ts';
import * as m from '#lib/paraglide/messages.js';
import { shownMoment } from '#lib/server/as-of.server.ts';
import { csvResponse } from '#lib/server/csv-stream.server.ts';
import { bucketLabel } from '#lib/components/tiles/buckets.ts';
import { filterOf } from '../filter.server.ts';
import { parseQuery } from '../query.ts';
import type { RequestHandler } from './$types';

/** All rows of the filter, at one moment: a page later does not see a later world. */
export const GET: RequestHandler = async ({ locals, url }) => {
  const { figures, clock } = locals.services;
  const { locale } = locals;
  const asOf = shownMoment(url, clock()) ?? clock();
  const filter = filterOf(parseQuery(url), asOf);
  const page = async (cursor: string | undefined) => {
    const answer = await figures.receivables({ ...filter, limit: 500, cursor });
    if (!answer.ok) throw new Error(answer.failure.kind);
    return answer.value;
  };
  // read before answering: what cannot be read is a 503 and not an empty file
  const first = await page(undefined).catch(() => error(503, { code: 'unavailable', message: m.list_failed() }));
  const labels = new Map(first.items.map(({ bucket }) => [bucket, bucketLabel(bucket)]));
  const head = [
    m.col_customer(),
    'customer_id',
    m.col_instalment(),
    m.col_due(),
    m.col_days(),
    m.col_bucket(),
    m.col_open(),
    'currency'
  ];
  return csvResponse(
    `pulso-parcelas-${new Date(asOf).toISOString().slice(0, 10)}.csv`,
    head,
    locale,
    async (cursor) => {
      const { items, next_cursor } = cursor === undefined ? first : await page(cursor);
      return {
        next: next_cursor,
        rows: items.map((item) => [
          item.customer_name,
          item.customer_id,
          `${item.invoice_id}/${item.installment}`,
          item.due_date,
          item.days_overdue,
          labels.get(item.bucket) ?? item.bucket,
          { amount: csvAmount(item.open_minor, minorDigits(item.currency), locale) },
          item.currency
        ])
      };
    }
  );
};
