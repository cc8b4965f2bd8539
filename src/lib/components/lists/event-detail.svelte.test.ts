import { describe, expect, it } from 'vitest';
import { createFormat } from '#lib/components/format.ts';
import { detailText } from './event-detail.ts';

const f = createFormat(() => ({ language: 'pt-BR', zone: 'America/Sao_Paulo', currency: 'BRL' }));
const CODES = {
  'collection.contacted': [
    'no_answer',
    'wrong_person',
    'right_party',
    'promised',
    'refused',
    'disputed',
    'claims_paid',
    'callback'
  ],
  'invoice.issued': ['sale', 'agreement'],
  'invoice.credited': ['return', 'discount', 'withholding', 'other'],
  'payment.reversed': ['refund', 'chargeback', 'returned'],
  'payment.settled': ['pix', 'boleto', 'credit_card', 'debit_card', 'ted', 'cash', 'store_credit', 'other']
} as const;

describe('details of a timeline', () => {
  it('are words and never codes', () => {
    for (const [type, codes] of Object.entries(CODES))
      for (const code of codes) {
        const text = detailText(type, code, f);
        expect(text, `${type} ${code}`).not.toBe(code);
        expect(text, `${type} ${code}`).not.toContain('_');
      }
  });
  it('hide nothing that is new', () => {
    expect(detailText('collection.contacted', 'carrier_pigeon', f)).toBe('carrier_pigeon');
    expect(detailText('promise.made', '2026-11-27', f)).toBe('para 27/11/26');
    expect(detailText('invoice.issued', null, f)).toBe('');
  });
});
