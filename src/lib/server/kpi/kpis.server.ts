/** The registry: what each figure reads and how it follows from it. Adding an id to contracts/kpi.ts breaks the compile here. */
import type { KpiId } from '#lib/contracts/kpi.ts';
import type { Facts } from './facts.server.ts';
import {
  ageingOf,
  byCurrency,
  comparisons,
  countFigure,
  daySeries,
  hourSeries,
  momentOf,
  moneyFigure,
  ratioFigure,
  withDetails,
  type Figure,
  type FigureContext
} from './figure.server.ts';
import { SLOT_MS, todayPoints, type Pick as PickAmount, type SlotSum } from './curve.server.ts';
import { kpi, type Kpi } from './kpi-rule.server.ts';
import type { Moment } from './moment.server.ts';
import {
  always,
  delinquencyFigure,
  openSums,
  overdueFigure,
  pendingFigure,
  positionFigure,
  returnRate,
  stockFigure
} from './state-figures.server.ts';

const flowIn: PickAmount = (row) => (row.measure === 'ledger' && row.flow === 'in' ? row.amount_minor : 0);
/** out is told as a positive amount */
const flowOut: PickAmount = (row) => (row.measure === 'ledger' && row.flow === 'out' ? -row.amount_minor : 0);
const flowNet: PickAmount = (row) => flowIn(row) - flowOut(row);
const refunded: PickAmount = (row) => (row.measure === 'refund' ? row.amount_minor : 0);
const sold: PickAmount = (row) => (row.measure === 'order' ? row.amount_minor : 0);
const ordered: PickAmount = (row) => (row.measure === 'order' ? row.counted : 0);

const inCurrency = (rows: readonly SlotSum[], currency: string): SlotSum[] =>
  rows.filter((row) => row.currency === currency);

const cashDay = (id: KpiId, pick: PickAmount, hasHours: boolean): Kpi =>
  kpi(
    id,
    ['seen', 'cashSlots'],
    ({ seen, cashSlots, cashCurves }, context) => {
      const curves = cashCurves?.value ?? [];
      const moment = momentOf(cashSlots.moment, context);
      const slots = inCurrency(cashSlots.value, context.currency);
      return withDetails(moneyFigure(byCurrency(cashSlots.value, pick), seen, context), () => ({
        ...comparisons(curves, pick, 'currency', moment, seen, context),
        series: [
          ...daySeries(slots, curves, pick, moment),
          ...(hasHours ? hourSeries(slots, curves, pick, moment, context) : [])
        ]
      }));
    },
    ['cashCurves']
  );

const salesDay = (id: KpiId, pick: PickAmount, unit: 'currency' | 'count'): Kpi =>
  kpi(
    id,
    ['seen', 'salesSlots'],
    ({ seen, salesSlots, salesCurves }, context) => {
      const curves = salesCurves?.value ?? [];
      const moment = momentOf(salesSlots.moment, context);
      const isMoney = unit === 'currency';
      // orders count in all currencies, but curves are told in the business's: a comparison of counts would mix them
      const mixes = !isMoney && salesSlots.value.some((row) => row.currency !== context.currency);
      const slots = isMoney ? inCurrency(salesSlots.value, context.currency) : salesSlots.value;
      const orders = salesSlots.value.reduce((sum, row) => sum + pick(row), 0);
      const figure = isMoney
        ? moneyFigure(byCurrency(salesSlots.value, pick), seen, context)
        : countFigure(orders, seen, context);
      return withDetails(figure, () =>
        mixes
          ? {}
          : {
              ...comparisons(curves, pick, unit, moment, seen, context),
              series: daySeries(slots, curves, pick, moment)
            }
      );
    },
    ['salesCurves']
  );

/** Slots of `collected` count from yesterday's start: those of one day, counted from its own. */
function collectedDay(collected: Facts['collected'], dayStart: number): (SlotSum & { readonly due_date: string })[] {
  const first = Math.round((dayStart - collected.value.from) / SLOT_MS);
  return collected.value.slots.map((row) => ({
    ...row,
    measure: 'collected',
    slot: row.slot - first,
    counted: 0
  }));
}

function collectedFigure({ seen, collected }: Pick<Facts, 'seen' | 'collected'>, context: FigureContext): Figure {
  const moment = momentOf(collected.moment, context);
  const amount: PickAmount = (row) => row.amount_minor;
  const rows = inCurrency(collectedDay(collected, moment.day_start), context.currency);
  const yesterdayStart = collected.value.from;
  const yesterday = inCurrency(collectedDay(collected, yesterdayStart), context.currency);
  const figure = moneyFigure(byCurrency(collectedToday(collected, moment), amount), seen, context);
  return withDetails(figure, () => ({
    series: [
      {
        name: 'today',
        points: todayPoints(
          rows.filter((row) => row.slot >= 0),
          amount,
          moment.day_start,
          moment.as_of
        )
      },
      { name: 'yesterday', points: todayPoints(yesterday, amount, yesterdayStart, moment.day_start) }
    ]
  }));
}

const collectedToday = (collected: Facts['collected'], moment: Moment): (SlotSum & { readonly due_date: string })[] =>
  collectedDay(collected, moment.day_start).filter((row) => row.slot >= 0);

export const KPIS = {
  'cash-position': positionFigure,
  'cash-in-today': cashDay('cash-in-today', flowIn, true),
  'cash-out-today': cashDay('cash-out-today', flowOut, true),
  'net-cash-today': cashDay('net-cash-today', flowNet, false),
  'cash-confirmed-pending': pendingFigure,
  'refunds-today': kpi(
    'refunds-today',
    ['seen', 'cashSlots'],
    ({ seen, cashSlots, cashCurves }, context) =>
      withDetails(moneyFigure(byCurrency(cashSlots.value, refunded), seen, context), () =>
        comparisons(cashCurves?.value ?? [], refunded, 'currency', momentOf(cashSlots.moment, context), seen, context)
      ),
    ['cashCurves']
  ),
  'fee-rate': kpi('fee-rate', ['seen', 'fees'], ({ seen, fees }, context) =>
    ratioFigure(
      byCurrency(fees.value, (row) => row.fee_minor),
      byCurrency(fees.value, (row) => row.gross_minor),
      seen,
      context
    )
  ),
  'receivables-open': kpi('receivables-open', ['seen', 'open'], ({ seen, open }, context) =>
    moneyFigure(openSums(open, always), seen, context)
  ),
  'receivables-overdue': overdueFigure,
  ageing: kpi('ageing', ['seen', 'open'], ({ seen, open }, context) => {
    const { value, reason, other_currencies } = moneyFigure(openSums(open, always), seen, context);
    const moment = momentOf(open.moment, context);
    const buckets = (currency: string) => ageingOf(open, currency, moment, context.time);
    return {
      value: value === null ? null : buckets(context.currency),
      ...(reason !== undefined && { reason }),
      ...(other_currencies && {
        other_currencies: other_currencies.map(({ currency }) => ({ currency, value: buckets(currency) }))
      })
    };
  }),
  'delinquency-rate': delinquencyFigure,
  'collected-today': kpi('collected-today', ['seen', 'collected'], collectedFigure),
  'recovered-today': kpi('recovered-today', ['seen', 'collected'], ({ seen, collected }, context) => {
    const moment = momentOf(collected.moment, context);
    const recovered = collectedToday(collected, moment).filter((row) => row.due_date <= moment.overdue_through);
    return moneyFigure(
      byCurrency(recovered, (row) => row.amount_minor),
      seen,
      context
    );
  }),
  'stock-on-hand': stockFigure('stock-on-hand', (stock) => stock.on_hand),
  'stock-free': stockFigure('stock-free', (stock) => stock.free),
  'stock-outs': stockFigure('stock-outs', (stock) => stock.outs),
  'returns-today': kpi('returns-today', ['seen', 'returns'], ({ seen, returns }, context) =>
    countFigure(returns.value.returns, seen, context)
  ),
  'return-rate': returnRate,
  'orders-today': salesDay('orders-today', ordered, 'count'),
  'sales-today': salesDay('sales-today', sold, 'currency'),
  'net-sales-today': kpi(
    'net-sales-today',
    ['seen', 'salesSlots', 'salesOffsets'],
    ({ seen, salesSlots, salesOffsets }, context) => {
      const kept = salesSlots.value.map(({ currency, measure, amount_minor }) => ({
        currency,
        amount: measure === 'order' ? amount_minor : -amount_minor
      }));
      const offsets = salesOffsets.value.map(({ currency, amount_minor }) => ({ currency, amount: -amount_minor }));
      return moneyFigure(
        byCurrency([...kept, ...offsets], (row) => row.amount),
        seen,
        context
      );
    }
  )
} satisfies Record<KpiId, Kpi>;
