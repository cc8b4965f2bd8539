import { describe, expect, it } from 'vitest';
import { areFamilies, EVENT_FAMILIES, inFamilies, typesOf } from './event-families.server.ts';

describe('event families', () => {
  it('name every type of the contracts and read back as they were chosen', () => {
    expect(EVENT_FAMILIES).toContain('payment');
    expect(typesOf(['payment'])).toContain('payment.settled');
    expect(inFamilies(typesOf(['order', 'payment']))).toEqual(['order.*', 'payment.*']);
    expect(inFamilies(typesOf(EVENT_FAMILIES))).toEqual(EVENT_FAMILIES.map((family) => `${family}.*`));
  });

  it('are told from names of nothing', () => {
    expect([['order', 'payment'], [], ['order', 'nonsense'], ['nonsense'], ['']].map(areFamilies)).toEqual([
      true,
      true,
      false,
      false,
      false
    ]);
  });

  it('keep single types, known or not, as they are', () => {
    expect(inFamilies(['payment.settled', 'x.unknown'])).toEqual(['payment.settled', 'x.unknown']);
    expect(inFamilies([])).toEqual([]);
  });
});
