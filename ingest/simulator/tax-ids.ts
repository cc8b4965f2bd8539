/** Brazilian tax ids with right check digits, for made-up people and companies. */
import type { Random } from './random.ts';

/** Modulo-11 check digit; letters count as their ASCII code − 48 (the alphanumeric CNPJ, in use since July 2026). */
function checkDigit(body: string, weights: readonly number[]): number {
  const sum = weights.reduce((total, weight, i) => total + weight * (body.charCodeAt(i) - 48), 0);
  const rest = sum % 11;
  return rest < 2 ? 0 : 11 - rest;
}

const CPF_FIRST = [10, 9, 8, 7, 6, 5, 4, 3, 2];
const CNPJ_FIRST = [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2];

/** 11 digits, without punctuation */
export function makeCpf(random: Random): string {
  const body = Array.from({ length: 9 }, () => random.int(0, 9)).join('');
  const first = checkDigit(body, CPF_FIRST);
  return `${body}${first}${checkDigit(`${body}${first}`, [11, ...CPF_FIRST])}`;
}

/** 14 characters, without punctuation; branch 0001 */
export function makeCnpj(random: Random, alphanumeric: boolean): string {
  const signs = alphanumeric ? '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ' : '0123456789';
  const body = `${Array.from({ length: 8 }, () => signs.charAt(random.int(0, signs.length - 1))).join('')}0001`;
  const first = checkDigit(body, CNPJ_FIRST);
  return `${body}${first}${checkDigit(`${body}${first}`, [6, ...CNPJ_FIRST])}`;
}
