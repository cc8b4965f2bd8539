/** Calls of Shopify for tests. */
import { call } from './calls.fixture.ts';

export const SHOPIFY = { platform: 'shopify', settings: { skus: { '271878346596884015': 'CAFE-1KG' } } } as const;
/** Written as on the wire: `JSON.stringify` could not write these ids. */
export const ORDER = '820982911946154508';
export const told = (topic: string, body: string) => call(body, { 'X-Shopify-Topic': topic });

export const order = (change = '', lines = LINES) => `{
  "id": ${ORDER}, "created_at": "2026-11-20T09:00:00-03:00", "updated_at": "2026-11-20T09:00:00-03:00", "currency": "BRL",
  "customer": {"id": 115310627314723954}, "source_name": "web", "total_discounts": "25.00",
  "shipping_lines": [{"id": 1, "price": "10.00"}], "line_items": ${lines}${change}}`;
export const LINES = `[
  {"id": 866550311766439020, "sku": "CAFE-1KG", "variant_id": 808950810, "quantity": 2, "price": "199.90",
   "total_discount": "0.00", "discount_allocations": [{"amount": "5.00"}]},
  {"id": 866550311766439021, "sku": "", "variant_id": 808950811, "quantity": 1, "price": "30.00", "total_discount": "0.00"}]`;
export const fulfillment = (status = 'success') => `{"id": 255858046, "order_id": ${ORDER}, "status": "${status}",
  "created_at": "2026-11-21T09:00:00-03:00", "location_id": 24826418,
  "line_items": [{"id": 866550311766439020, "sku": "CAFE-1KG", "quantity": 2}]}`;
export const refund = (restock: string) => `{"id": 890088186047892319, "order_id": ${ORDER},
  "created_at": "2026-11-22T09:00:00-03:00", "processed_at": "2026-11-22T09:00:00-03:00",
  "refund_line_items": [{"id": 487817672276298627, "quantity": 1, "line_item_id": 866550311766439020, "subtotal": 89.99,
    "restock_type": "${restock}", "location_id": 24826418, "line_item": {"sku": "CAFE-1KG"}}],
  "transactions": [{"id": 245135271310201194, "kind": "refund", "status": "success", "amount": "75.00", "currency": "BRL"},
    {"id": 245135271310201195, "kind": "refund", "status": "failure", "amount": "75.00", "currency": "BRL"}]}`;
export const level = (available: string, when: string, item = '271878346596884015') =>
  `{"inventory_item_id": ${item}, "location_id": 24826418, "available": ${available}, "updated_at": "${when}"}`;

/** The same order, changed on 2026-11-20 or later. @param when local time, without its zone */
export const orderAt = (when: string, change = '', lines = LINES): string =>
  order(change, lines).replace('"updated_at": "2026-11-20T09:00:00-03:00"', `"updated_at": "${when}-03:00"`);
