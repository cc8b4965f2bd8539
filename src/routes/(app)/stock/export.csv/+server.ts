import { error } from '@sveltejs/kit';
import { minorDigits } from '#lib/contracts/money.ts';
import { csvAmount } from '#lib/domain/csv.ts';
import * as m from '#lib/paraglide/messages.js';
import { shownMoment } from '#lib/server/as-of.server.ts';
import { csvResponse } from '#lib/server/csv-stream.server.ts';
import { filterOf } from '../filter.server.ts';
import { parseQuery } from '../query.ts';
import type { RequestHandler } from './$types';

/** All SKUs of the filter. */
export const GET: RequestHandler = async ({ locals, url }) => {
  const { figures, clock, business } = locals.services;
  const { locale } = locals;
  const asOf = shownMoment(url, clock()) ?? undefined;
  const filter = filterOf(parseQuery(url), asOf);
  const page = async (cursor: string | undefined) => {
    const answer = await figures.stock({ ...filter, limit: 500, cursor });
    if (!answer.ok) throw new Error(answer.failure.kind);
    return answer.value;
  };
  // read before answering: what cannot be read is a 503 and not an empty file
  const first = await page(undefined).catch(() => error(503, { code: 'unavailable', message: m.list_failed() }));
  const head = [
    m.col_sku(),
    m.col_product(),
    m.col_on_hand(),
    m.col_reserved(),
    m.col_free(),
    m.col_quarantine(),
    m.col_velocity(),
    m.col_cover(),
    m.col_lead(),
    m.col_value()
  ];
  return csvResponse(
    `pulso-estoque-${new Date(asOf ?? clock()).toISOString().slice(0, 10)}.csv`,
    head,
    locale,
    async (cursor) => {
      const { items, next_cursor } = cursor === undefined ? first : await page(cursor);
      return {
        next: next_cursor,
        rows: items.map((item) => [
          item.sku,
          item.name,
          item.on_hand,
          item.reserved,
          item.free,
          item.quarantine,
          item.velocity,
          item.days_of_cover,
          item.lead_time_days,
          item.value_minor === null
            ? null
            : { amount: csvAmount(item.value_minor, minorDigits(business.currency), locale) }
        ])
      };
    }
  );
};
