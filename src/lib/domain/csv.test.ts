import { describe, expect, it } from 'vitest';
import { csvAmount, csvLine } from './csv.ts';

describe('csv', () => {
  it('separates and writes decimals as the reader’s spreadsheet expects', () => {
    expect(csvLine(['a', 1.5, null], 'pt-BR')).toBe('a;1,5;\r\n');
    expect(csvLine(['a', 1.5, null], 'en')).toBe('a,1.5,\r\n');
  });
  it('quotes what would break a line and doubles quotes', () => {
    expect(csvLine(['Casa; "Cor"\nSul'], 'pt-BR')).toBe('"Casa; ""Cor""\nSul"\r\n');
  });
  it('lets no name become a formula', () => {
    expect(csvLine(['=HYPERLINK(1)', '-x', '@y'], 'en')).toBe("'=HYPERLINK(1),'-x,'@y\r\n");
  });
  it('writes amounts exactly, negative ones too', () => {
    expect(csvAmount(-2845000, 2, 'pt-BR')).toBe('-28450,00');
    expect(csvAmount(7, 2, 'en')).toBe('0.07');
    expect(csvAmount(1234, 0, 'en')).toBe('1234');
  });
});
