/** What the wholesaler brings along from before the world begins: master data, stock, balances, debts both ways, card parcels to come. */
import { DAY, HOUR, MINUTE } from './almanac.ts';
import {
  ACCOUNTS,
  CURRENCY,
  WAREHOUSES,
  type Account,
  type Business,
  type Customer,
  type Invoice
} from './business.ts';
import { splitAmount } from './billing.ts';
import { makeContactName } from './people.ts';
import { weighted, type Random } from './random.ts';
import { drawTerms } from './sales.ts';

const BALANCES: readonly (readonly [Account, number])[] = [
  [ACCOUNTS.main, 251_483_517],
  [ACCOUNTS.second, 62_190_844],
  [ACCOUNTS.till, 318_450],
  [ACCOUNTS.psp, 4_870_233]
];
/** minor units, at scale 1 */
const INVOICES = { count: 2900, meanMinor: 430_000, daysBack: 56 };
const OVERDUE = { count: 330, meanMinor: 310_000, daysBack: 128 };
const PAYABLES = { count: 330, meanMinor: 1_900_000, daysAhead: 34 };
const CARDS = { count: 320, meanMinor: 120_000 };

/** At kernel.now, before anything else happened; its events carry earlier times. */
export function openBooks(business: Business): void {
  const random = business.random.fork('opening');
  openMasterData(business, random);
  openStock(business, random);
  openAccounts(business);
  openReceivables(business, random);
  openOverdue(business, random);
  openPayables(business, random);
  openCards(business, random);
}

function openMasterData({ kernel, customers, products }: Business, random: Random): void {
  const from = kernel.now - 100 * DAY;
  customers.forEach((customer, index) =>
    kernel.emitAt(from + index * 2 * MINUTE, 'customer.updated', 'erp', `${customer.id}.updated.0`, {
      customer_id: customer.id,
      name: customer.name,
      tax_id: customer.taxId,
      state: customer.state,
      contacts: [
        {
          kind: 'whatsapp',
          value: customer.phone,
          name: makeContactName(random),
          status: random.chance(0.95) ? 'ok' : 'wrong'
        },
        { kind: 'email', value: customer.email, status: random.chance(0.97) ? 'ok' : 'do_not_use' }
      ],
      segment: customer.segment,
      credit_limit_minor: customer.creditLimitMinor
    })
  );
  products.forEach((product, index) =>
    kernel.emitAt(from + 30 * HOUR + index * MINUTE, 'product.updated', 'erp', `${product.sku}.updated.0`, {
      sku: product.sku,
      name: product.name,
      category: product.category,
      price_minor: product.priceMinor,
      cost_minor: product.costMinor,
      lead_time_days: product.leadDays,
      reorder_point: product.reorderPoint,
      active: true
    })
  );
}

/** The stocktaking of the evening before. */
function openStock({ kernel, products }: Business, random: Random): void {
  let at = kernel.now - 6 * HOUR;
  for (const product of products)
    for (const warehouse of WAREHOUSES) {
      at += random.int(2000, 20_000);
      kernel.emitAt(at, 'stock.counted', 'warehouse', `${product.sku}.opening.${warehouse}`, {
        sku: product.sku,
        quantity: product.onHand[warehouse],
        warehouse
      });
    }
}

function openAccounts({ kernel, treasury, scale }: Business): void {
  BALANCES.forEach(([account, usual], index) => {
    const minor = Math.round(usual * scale);
    treasury.book(account, minor);
    kernel.emitAt(
      kernel.now - (20 - index) * MINUTE,
      'account.balance_reported',
      account === ACCOUNTS.till ? 'shop' : 'bank',
      `${account}.opening`,
      {
        account,
        balance_minor: minor,
        currency: CURRENCY
      }
    );
  });
}

interface Old {
  readonly customer: Customer;
  /** days before today */
  readonly issuedBack: number;
  readonly instalments: readonly { readonly number: number; readonly due: number; readonly minor: number }[];
}

function issueOld({ kernel, almanac, billing }: Business, random: Random, old: Old): Invoice {
  const invoice: Invoice = {
    id: billing.nextInvoiceId(),
    customer: old.customer,
    order: undefined,
    kind: 'sale',
    instalments: [],
    paid: [],
    revision: 0
  };
  for (const { number, due, minor } of old.instalments) {
    const instalment = { invoice, number, due, billedMinor: minor, openMinor: minor, disputed: false };
    invoice.instalments.push(instalment);
    old.customer.open.add(instalment);
  }
  kernel.emitAt(
    almanac.at(kernel.today - old.issuedBack, random.between(8, 18)),
    'invoice.issued',
    'erp',
    `${invoice.id}.issued.0`,
    {
      invoice_id: invoice.id,
      customer_id: old.customer.id,
      currency: CURRENCY,
      installments: old.instalments.map(({ number, due, minor }) => ({
        number,
        due_date: almanac.date(due),
        amount_minor: minor
      })),
      document: `NF-e ${invoice.id.slice(2).padStart(9, '0')}`
    }
  );
  return invoice;
}

/** What falls due from today on. Of each invoice only what is still to come is brought along. */
function openReceivables(business: Business, random: Random): void {
  const { kernel } = business;
  for (let n = Math.round(INVOICES.count * business.scale); n > 0; n--) {
    const issuedBack = random.int(1, INVOICES.daysBack);
    const terms = drawTerms(random);
    const parts = splitAmount(Math.round(random.logNormal(INVOICES.meanMinor * 0.72, 0.8)) + 500, terms.length);
    const instalments = terms
      .map((days, index) => ({ number: index + 1, due: kernel.today - issuedBack + days, minor: parts[index] ?? 0 }))
      .filter(({ due }) => due >= kernel.today);
    if (instalments.length === 0) continue;
    const invoice = issueOld(business, random, { customer: business.pickCustomer(random), issuedBack, instalments });
    for (const instalment of invoice.instalments) business.receipts.expect(instalment);
  }
}

/** What was due before and is not paid: mostly recent, mostly of the slow. */
function openOverdue(business: Business, random: Random): void {
  const { kernel, receipts } = business;
  const debtors = business.customers.filter(
    ({ temper }) => temper === 'late' || temper === 'slow' || temper === 'never'
  );
  const pick = weighted(
    debtors,
    ({ temper, weight }) => weight * (temper === 'late' ? 1 : temper === 'slow' ? 2.2 : 3)
  );
  for (let n = Math.round(OVERDUE.count * business.scale); n > 0; n--) {
    const customer = pick(random);
    const daysLate =
      customer.temper === 'late'
        ? random.int(1, 14)
        : Math.ceil(OVERDUE.daysBack * random.next() ** (customer.temper === 'never' ? 0.8 : 1.6));
    const minor = Math.round(random.logNormal(OVERDUE.meanMinor * 0.72, 0.8)) + 500;
    const invoice = issueOld(business, random, {
      customer,
      issuedBack: daysLate + 28,
      instalments: [{ number: 1, due: kernel.today - daysLate, minor }]
    });
    const pays = customer.temper === 'late' ? 0.95 : customer.temper === 'slow' ? 0.55 : 0.05;
    for (const instalment of invoice.instalments)
      if (random.chance(pays))
        kernel.after(random.between(0.4, customer.temper === 'late' ? 12 : 45) * DAY, () =>
          receipts.payInstalment(instalment, 'boleto')
        );
  }
}

/** Suppliers' bills of the last weeks, so that the first month pays like any other. */
function openPayables(business: Business, random: Random): void {
  const { kernel, treasury, suppliers } = business;
  for (let n = Math.round(PAYABLES.count * business.scale); n > 0; n--)
    treasury.owe(
      random.pick(suppliers).name,
      'supplier',
      Math.round(random.logNormal(PAYABLES.meanMinor * 0.75, 0.75)) + 1000,
      kernel.today + random.int(0, PAYABLES.daysAhead)
    );
}

/** Card sales of old orders whose parcels are still to come. */
function openCards({ kernel, almanac, treasury, scale }: Business, random: Random): void {
  for (let n = Math.round(CARDS.count * scale); n > 0; n--) {
    const id = `P-${400_000 + n}`;
    const orderId = String(80_000 + n);
    const parcels = random.pick([1, 1, 2, 2, 3, 3]);
    const amounts = splitAmount(Math.round(random.logNormal(CARDS.meanMinor * 0.7, 0.8)) + 3_000, parcels);
    const back = random.int(1, 29);
    const total = amounts.reduce((sum, amount) => sum + amount, 0);
    const fields = { payment_id: id, currency: CURRENCY, method: 'credit_card' as const, order_id: orderId };
    kernel.emitAt(
      almanac.at(kernel.today - back, random.between(8, 18)),
      'payment.confirmed',
      'psp',
      `${id}.confirmed`,
      { ...fields, amount_minor: total }
    );
    amounts.forEach((amount, index) => {
      const fee = Math.round(amount * 0.0245);
      kernel.schedule(
        almanac.at(almanac.business(kernel.today - back + 30 * (index + 1)), random.between(5.6, 8.4)),
        () => {
          treasury.book(ACCOUNTS.psp, amount - fee);
          kernel.emit('payment.settled', 'psp', `${id}.settled.${index + 1}`, {
            ...fields,
            parcel: index + 1,
            account: ACCOUNTS.psp,
            amount_minor: amount,
            fee_minor: fee,
            fees: [{ kind: 'mdr', minor: fee }]
          });
        }
      );
    });
  }
}
