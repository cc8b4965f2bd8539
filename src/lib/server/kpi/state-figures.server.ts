/** Figures that are states and not flows of a day: their past is days, loaded once, and for cash a curve that is stepped here. */
import type { KpiId } from '#lib/contracts/kpi.ts';
import type { Pick as PickAmount, Point } from './curve.server.ts';
import type { Facts } from './facts.server.ts';
import {
  byCurrency,
  comparisons,
  dayDetails,
  momentOf,
  moneyFigure,
  ratioFigure,
  unitRatioFigure,
  wasKnown,
  withDetails,
  type Figure,
  type FigureContext
} from './figure.server.ts';
import { kpi, type Kpi } from './kpi-rule.server.ts';

export const openSums = (open: Facts['open'], counts: (dueDate: string) => boolean): Map<string, number> =>
  byCurrency(open.value, (row) => (counts(row.due_date) ? row.open_minor : 0));

export const always = (): boolean => true;
const overdueNow = (open: Facts['open'], context: FigureContext): Map<string, number> => {
  const { overdue_through } = momentOf(open.moment, context);
  return openSums(open, (dueDate) => dueDate <= overdue_through);
};

const positionAmount: PickAmount = (row) => row.amount_minor;

/** the line alone: the comparison is with another moment, or with nothing */
const lineOf = (days: readonly Point[] | undefined, figure: Figure, context: FigureContext): Pick<Figure, 'series'> => {
  const { series } = dayDetails(days, figure, context);
  return series === undefined ? {} : { series };
};

export const positionFigure = kpi(
  'cash-position',
  ['seen', 'position'],
  ({ seen, position, positionCurves, positionDays }, context) => {
    const balances = byCurrency(position.value, (row) => row.balance_minor);
    const figure = moneyFigure(balances, seen, context);
    const moment = momentOf(position.moment, context);
    return withDetails(figure, () => ({
      ...comparisons(positionCurves?.value ?? [], positionAmount, 'currency', moment, seen, context),
      ...lineOf(positionDays?.value, figure, context)
    }));
  },
  ['positionCurves', 'positionDays']
);

export const pendingFigure = kpi(
  'cash-confirmed-pending',
  ['seen', 'pending'],
  ({ seen, pending, pendingDays }, context) => {
    const amounts = byCurrency(pending.value, (row) => row.amount_minor);
    const figure = moneyFigure(amounts, seen, context);
    return withDetails(figure, () => lineOf(pendingDays?.value, figure, context));
  },
  ['pendingDays']
);

export const overdueFigure = kpi(
  'receivables-overdue',
  ['seen', 'open'],
  ({ seen, open, debtDays }, context) => {
    const figure = moneyFigure(overdueNow(open, context), seen, context);
    const days = debtDays?.value.map(({ end, overdue_minor }): Point => [
      end,
      overdue_minor !== 0 || wasKnown(seen, 'currency', end, context) ? overdue_minor : null
    ]);
    return withDetails(figure, () => dayDetails(days, figure, context));
  },
  ['debtDays']
);

export const delinquencyFigure = kpi(
  'delinquency-rate',
  ['seen', 'open'],
  ({ seen, open, debtDays }, context) => {
    const figure = ratioFigure(overdueNow(open, context), openSums(open, always), seen, context);
    const days = debtDays?.value.map(({ end, overdue_minor, open_minor }): Point => [
      end,
      open_minor === 0 ? null : overdue_minor / open_minor
    ]);
    return withDetails(figure, () => dayDetails(days, figure, context));
  },
  ['debtDays']
);

export const stockFigure = (id: KpiId, of: (stock: Facts['stock']['value']) => number): Kpi =>
  kpi(
    id,
    ['seen', 'stock'],
    ({ seen, stock, stockDays }, context) => {
      const isSeen = seen.value.some((row) => context.streams.includes(row.stream));
      const figure: Figure =
        stock.value.kept > 0 ? { value: of(stock.value) } : { value: null, reason: isSeen ? 'no_kept_sku' : 'no_data' };
      const days = stockDays?.value.map(({ end, stock: then }): Point => [end, then.kept > 0 ? of(then) : null]);
      return withDetails(figure, () => dayDetails(days, figure, context));
    },
    ['stockDays']
  );

export const returnRate = kpi(
  'return-rate',
  ['seen', 'units'],
  ({ seen, units, unitDays }, context) => {
    const figure = unitRatioFigure(units.value.returned, units.value.shipped, seen, context.streams);
    const days = unitDays?.value.map(({ end, units: then }): Point => [
      end,
      then.shipped === 0 ? null : then.returned / then.shipped
    ]);
    return withDetails(figure, () => dayDetails(days, figure, context));
  },
  ['unitDays']
);
