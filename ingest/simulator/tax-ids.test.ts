import { expect, test } from 'vitest';
import { createRandom } from './random.ts';
import { makeCnpj, makeCpf } from './tax-ids.ts';

/** The authorities' rule, written another way: the sum over body and check digits, each digit with its weight, is 0 modulo 11. */
function isValid(id: string, digits: number, cycle: number): boolean {
  const value = (at: number): number => id.charCodeAt(at) - 48;
  for (let end = id.length - digits; end < id.length; end++) {
    let sum = 0;
    for (let at = end - 1, weight = 2; at >= 0; at--, weight = weight === cycle ? 2 : weight + 1)
      sum += value(at) * weight;
    if (value(end) !== ((sum * 10) % 11) % 10) return false;
  }
  return true;
}

test('the rule knows the published examples', () => {
  expect(isValid('12ABC34501DE35', 2, 9)).toBe(true);
  expect(isValid('11222333000181', 2, 9)).toBe(true);
  expect(isValid('52998224725', 2, 11)).toBe(true);
  expect(isValid('52998224724', 2, 11)).toBe(false);
});

test('made-up tax ids carry right check digits, those with letters too', () => {
  const random = createRandom('tax');
  for (let i = 0; i < 500; i++) {
    expect(isValid(makeCpf(random), 2, 11)).toBe(true);
    expect(isValid(makeCnpj(random, false), 2, 9)).toBe(true);
    const letters = makeCnpj(random, true);
    expect(letters).toMatch(/^[0-9A-Z]{12}\d{2}$/);
    expect(isValid(letters, 2, 9)).toBe(true);
  }
});
