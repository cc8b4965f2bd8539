/** How an event of the feed or a timeline reads: its word, its icon, its second word. */
import type { Component } from 'svelte';
import ArrowDownLeft from '@lucide/svelte/icons/arrow-down-left';
import ArrowLeftRight from '@lucide/svelte/icons/arrow-left-right';
import ArrowUpRight from '@lucide/svelte/icons/arrow-up-right';
import FileText from '@lucide/svelte/icons/file-text';
import Handshake from '@lucide/svelte/icons/handshake';
import Landmark from '@lucide/svelte/icons/landmark';
import PackageCheck from '@lucide/svelte/icons/package-check';
import Phone from '@lucide/svelte/icons/phone';
import ShoppingCart from '@lucide/svelte/icons/shopping-cart';
import SlidersHorizontal from '@lucide/svelte/icons/sliders-horizontal';
import Undo from '@lucide/svelte/icons/undo-2';
import UserRound from '@lucide/svelte/icons/user-round';
import * as m from '#lib/paraglide/messages.js';

type Icon = Component<{ size?: number | string }>;
interface Reading {
  readonly word: () => string;
  readonly icon: Icon;
}

const READINGS: Readonly<Record<string, Reading>> = {
  'order.placed': { word: m.event_order_placed, icon: ShoppingCart },
  'order.shipped': { word: m.event_order_shipped, icon: PackageCheck },
  'order.cancelled': { word: m.event_order_cancelled, icon: ShoppingCart },
  'return.requested': { word: m.event_return_requested, icon: Undo },
  'return.received': { word: m.event_return_received, icon: Undo },
  'return.refunded': { word: m.event_return_refunded, icon: Undo },
  'payment.confirmed': { word: m.event_payment_confirmed, icon: ArrowDownLeft },
  'payment.settled': { word: m.event_payment_settled, icon: ArrowDownLeft },
  'payment.reversed': { word: m.event_payment_reversed, icon: Undo },
  'payment.reinstated': { word: m.event_payment_reinstated, icon: ArrowDownLeft },
  'payment.allocated': { word: m.event_payment_allocated, icon: FileText },
  'payout.scheduled': { word: m.event_payout_scheduled, icon: ArrowUpRight },
  'payout.sent': { word: m.event_payout_sent, icon: ArrowUpRight },
  'payout.returned': { word: m.event_payout_returned, icon: ArrowDownLeft },
  'payout.cancelled': { word: m.event_payout_cancelled, icon: ArrowUpRight },
  'account.moved': { word: m.event_account_moved, icon: ArrowLeftRight },
  'account.balance_reported': { word: m.event_account_balance_reported, icon: Landmark },
  'invoice.issued': { word: m.event_invoice_issued, icon: FileText },
  'invoice.credited': { word: m.event_invoice_credited, icon: FileText },
  'invoice.cancelled': { word: m.event_invoice_cancelled, icon: FileText },
  'invoice.written_off': { word: m.event_invoice_written_off, icon: FileText },
  'collection.contacted': { word: m.event_collection_contacted, icon: Phone },
  'promise.made': { word: m.event_promise_made, icon: Handshake },
  'promise.cancelled': { word: m.event_promise_cancelled, icon: Handshake },
  'dispute.opened': { word: m.event_dispute_opened, icon: FileText },
  'dispute.closed': { word: m.event_dispute_closed, icon: FileText },
  'customer.updated': { word: m.event_customer_updated, icon: UserRound },
  'stock.counted': { word: m.event_stock_counted, icon: SlidersHorizontal },
  'stock.adjusted': { word: m.event_stock_adjusted, icon: SlidersHorizontal },
  'stock.received': { word: m.event_stock_received, icon: PackageCheck },
  'stock.transferred': { word: m.event_stock_transferred, icon: ArrowLeftRight },
  'product.updated': { word: m.event_product_updated, icon: SlidersHorizontal }
};
const METHODS: Readonly<Record<string, () => string>> = {
  pix: m.method_pix,
  boleto: m.method_boleto,
  credit_card: m.method_credit_card,
  debit_card: m.method_debit_card,
  ted: m.method_ted,
  cash: m.method_cash,
  store_credit: m.method_store_credit,
  other: m.method_other
};

/** An unknown type reads as itself: nothing is hidden. */
export const wordOf = (type: string): string => READINGS[type]?.word() ?? type;
export const iconOf = (type: string): Icon => READINGS[type]?.icon ?? FileText;
export const methodName = (method: string): string => METHODS[method]?.() ?? method;

/** The ledger names movements by their effect; each is told by the word of its event. */
const KINDS: Readonly<Record<string, string>> = {
  settled: 'payment.settled',
  moved: 'account.moved',
  payout_sent: 'payout.sent',
  payout_returned: 'payout.returned',
  refunded: 'return.refunded',
  reversed: 'payment.reversed',
  reinstated: 'payment.reinstated',
  reported: 'account.balance_reported'
};
export const ledgerTitle = (kind: string, method: string): string => titleOf(KINDS[kind] ?? kind, method);

/** A settled Pix is “Pix”, not “Recebimento”: the means says more. */
export function titleOf(type: string, method: string | null): string {
  return type === 'payment.settled' && method !== null && method !== '' ? methodName(method) : wordOf(type);
}
