/** CSV that a spreadsheet of the reader's country opens: `;` and decimal comma in Brazil. Pure. */
import type { Language } from './format.ts';

/** so that spreadsheets read UTF-8 */
export const BYTE_ORDER_MARK = '\ufeff';
const QUOTED = /[";,\r\n]/;
/** a text that a spreadsheet would run as a formula */
const FORMULA = /^[=+\-@\t\r]/;

/** `{ amount }` is written as it is: see `csvAmount` */
export type Cell = string | number | null | { readonly amount: string };

function cellText(cell: Cell, language: Language): string {
  if (cell === null) return '';
  if (typeof cell === 'object') return cell.amount;
  if (typeof cell === 'number') return language === 'en' ? String(cell) : String(cell).replace('.', ',');
  const safe = FORMULA.test(cell) ? `'${cell}` : cell;
  return QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** One line with its end; numbers without grouping. */
export const csvLine = (cells: readonly Cell[], language: Language): string =>
  `${cells.map((cell) => cellText(cell, language)).join(language === 'en' ? ',' : ';')}\r\n`;

/** Minor units as an exact decimal text: `28450,00`. */
export function csvAmount(minor: number, decimals: number, language: Language): string {
  const digits = String(Math.abs(minor)).padStart(decimals + 1, '0');
  const cut = digits.length - decimals;
  const fraction = decimals === 0 ? '' : (language === 'en' ? '.' : ',') + digits.slice(cut);
  return `${minor < 0 ? '-' : ''}${digits.slice(0, cut)}${fraction}`;
}
