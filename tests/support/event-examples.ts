import type { EventData, EventType } from '#lib/contracts/events/registry.ts';

/** One plain example of each event type: adding a type breaks the compile here. */
export const EXAMPLES: { readonly [T in EventType]: EventData<T> } = {
  'order.placed': {
    order_id: 'O-1',
    customer_id: 'C-1',
    currency: 'BRL',
    lines: [{ sku: 'S-1', quantity: 2, unit_price_minor: 1_000, discount_minor: 100, cost_minor: 500 }],
    shipping_minor: 300
  },
  'order.shipped': { order_id: 'O-1', lines: [{ sku: 'S-1', quantity: 2 }], warehouse: 'SP' },
  'order.cancelled': { order_id: 'O-2', reason: 'desistência' },
  'return.requested': { return_id: 'R-1', order_id: 'O-1', lines: [{ sku: 'S-1', quantity: 1, reason: 'cor' }] },
  'return.received': { return_id: 'R-1', order_id: 'O-1', lines: [{ sku: 'S-1', quantity: 1, condition: 'saleable' }] },
  'return.refunded': {
    return_id: 'R-1',
    order_id: 'O-1',
    amount_minor: 500,
    currency: 'BRL',
    method: 'pix',
    account: 'itau'
  },
  'payment.confirmed': { payment_id: 'P-1', amount_minor: 1_900, currency: 'BRL', method: 'pix', customer_id: 'C-1' },
  'payment.settled': {
    payment_id: 'P-1',
    account: 'itau',
    amount_minor: 1_900,
    fee_minor: 19,
    fees: [{ kind: 'mdr', minor: 19 }],
    currency: 'BRL',
    method: 'pix',
    invoice_id: 'I-1',
    installment: 1
  },
  'payment.reversed': { payment_id: 'P-1', amount_minor: 100, currency: 'BRL', reason: 'refund', movement_id: 'M-1' },
  'payment.reinstated': { payment_id: 'P-1', amount_minor: 100, currency: 'BRL', reason: 'returned' },
  'payment.allocated': { payment_id: 'P-1', allocations: [{ invoice_id: 'I-1', amount_minor: 1_900 }] },
  'payout.scheduled': {
    payout_id: 'X-1',
    payee: 'Fornecedor Ltda.',
    category: 'supplier',
    amount_minor: 900,
    currency: 'BRL',
    due_date: '2026-12-01'
  },
  'payout.sent': {
    payout_id: 'X-1',
    payee: 'Fornecedor Ltda.',
    category: 'supplier',
    account: 'itau',
    amount_minor: 900,
    currency: 'BRL',
    method: 'ted'
  },
  'payout.returned': { payout_id: 'X-1', account: 'itau', amount_minor: 900, currency: 'BRL' },
  'payout.cancelled': { payout_id: 'X-1' },
  'account.moved': {
    account: 'itau',
    amount_minor: -700,
    currency: 'BRL',
    category: 'transfer',
    counter_account: 'caixa'
  },
  'account.balance_reported': { account: 'itau', balance_minor: -5, currency: 'BRL' },
  'invoice.issued': {
    invoice_id: 'I-1',
    customer_id: 'C-1',
    currency: 'BRL',
    installments: [{ number: 1, due_date: '2026-12-24', amount_minor: 1_900 }]
  },
  'invoice.credited': { invoice_id: 'I-1', amount_minor: 100, currency: 'BRL', reason: 'discount' },
  'invoice.cancelled': { invoice_id: 'I-2' },
  'invoice.written_off': { invoice_id: 'I-3', reason: 'falência' },
  'collection.contacted': { customer_id: 'C-1', collector: 'ana', channel: 'whatsapp', outcome: 'promised' },
  'promise.made': {
    promise_id: 'W-1',
    customer_id: 'C-1',
    collector: 'ana',
    amount_minor: 1_900,
    currency: 'BRL',
    due_date: '2026-11-30'
  },
  'promise.cancelled': { promise_id: 'W-1' },
  'dispute.opened': { invoice_id: 'I-1', reason: 'peça errada 🔧' },
  'dispute.closed': { invoice_id: 'I-1', outcome: 'trocada' },
  'customer.updated': {
    customer_id: 'C-1',
    name: 'Açaí & Cia',
    contacts: [{ kind: 'email', value: 'a@b.test', status: 'ok' }]
  },
  'stock.counted': { sku: 'S-1', quantity: 10 },
  'stock.adjusted': { sku: 'S-1', quantity: -1, reason: 'quebra' },
  'stock.received': { sku: 'S-1', quantity: 5, unit_cost_minor: 480 },
  'stock.transferred': { sku: 'S-1', quantity: 1, from: 'SP', to: 'RJ' },
  'product.updated': { sku: 'S-1', name: 'Parafuso "M6"\\', price_minor: 1_000, active: true }
};
