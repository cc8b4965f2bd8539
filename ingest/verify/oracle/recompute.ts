/** The oracle: every figure and what it is made of, from the distinct events alone. */
import { KPI_IDS, type KpiId, type KpiValue } from '#lib/contracts/kpi.ts';
import type { AcceptedEvent } from '#lib/contracts/events/registry.ts';
import { openBooks, type Books, type Moment } from './books.ts';
import { currenciesOf, figure, figures, knowsCurrency, type Figure } from './figures.ts';

export interface Recomputed {
  readonly books: Books;
  /** in the business currency */
  readonly figures: ReadonlyMap<KpiId, Figure>;
  /** per figure, the other currencies in which it is not empty, sorted */
  readonly otherCurrencies: ReadonlyMap<KpiId, readonly { readonly currency: string; readonly value: KpiValue }[]>;
}

/**
 * @param accepted any order, copies allowed: of one (source, id) the lowest seq counts
 * @param moment live (`asOf` null) or a past moment
 * @param currency the business currency
 */
export function recompute(accepted: readonly AcceptedEvent[], moment: Moment, currency: string): Recomputed {
  const books = openBooks(accepted, moment);
  const others = currenciesOf(books).filter((other) => other !== currency);
  return {
    books,
    figures: figures(books, currency),
    otherCurrencies: new Map(
      KPI_IDS.map((id) => [
        id,
        knowsCurrency(id)
          ? others.flatMap((other) => {
              const { value } = figure(books, id, other);
              return value === null ? [] : [{ currency: other, value }];
            })
          : []
      ])
    )
  };
}
