import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { inputOf } from './test-conversion.ts';
import { openTable, type CsvRow, type ToldFormat } from './csv.ts';
import type { Input } from './input.ts';
import { createSkipLog } from './skips.ts';

async function read(input: Input, told: ToldFormat = {}) {
  const skips = createSkipLog(Infinity);
  const table = await openTable(input, told, skips);
  const rows: CsvRow[] = [];
  for await (const batch of table.batches()) rows.push(...batch.rows);
  return { table, rows, skips };
}

describe('a CSV', () => {
  it.each([',', ';', '\t', '|'])('shows its delimiter: %j', async (mark) => {
    const text = [
      ['nome', 'valor'],
      ['"a,b;c|d"', '1'],
      ['x', '2']
    ]
      .map((cells) => cells.join(mark))
      .join('\n');
    const { rows } = await read(inputOf('x.csv', text));
    expect(rows.map(({ cells }) => cells)).toEqual([
      ['a,b;c|d', '1'],
      ['x', '2']
    ]);
  });

  it('tells a decimal comma from a delimiter', async () => {
    const { rows } = await read(inputOf('x.csv', 'nota;valor;data\n1;1.234,50;1/2/2013\n2;3,00;2/2/2013\n'));
    expect(rows[0]?.cells).toEqual(['1', '1.234,50', '1/2/2013']);
  });

  it('numbers rows by their line in the file', async () => {
    const { rows } = await read(inputOf('x.csv', 'a,b\r\n1,2\r\n\r\n3,4\r\n'));
    expect(rows.map(({ line }) => line)).toEqual([2, 4]);
  });

  it.each(['utf-8', 'windows-1252', 'utf-16le'])(
    'reads %s, a byte-order mark aside, however its bytes are cut',
    async (encoding) => {
      const bytes = iconv.encode('código,ação\nâ,não\n', encoding, { addBOM: encoding !== 'windows-1252' });
      const { table, rows } = await read(inputOf('x.csv', bytes, encoding, 3));
      expect(table.header).toEqual(['código', 'ação']);
      expect(rows[0]?.cells).toEqual(['â', 'não']);
    }
  );

  it('lists rows of another width and reads on', async () => {
    const { rows, skips } = await read(inputOf('x.csv', 'a,b\n1,2\n1,2,3\n4,5\n'));
    expect(rows.map(({ line }) => line)).toEqual([2, 4]);
    expect(skips.list('malformed_row')).toEqual([{ file: 'x.csv', line: 3, detail: '3 columns instead of 2' }]);
  });

  it('takes a stray quote as text', async () => {
    const { rows } = await read(inputOf('x.csv', 'a,b\n"x"y,3\n5" nail,5\n"say ""hi""",7\n'));
    expect(rows.map(({ cells }) => cells[0])).toEqual(['"x"y', '5" nail', 'say "hi"']);
  });

  it('is refused when a quote never closes, for it would swallow the rest', async () => {
    await expect(read(inputOf('x.csv', 'a,b\n1,2\n"x,3\n4,5\n'))).rejects.toMatchObject({
      place: 'x.csv',
      name: 'ImportFault'
    });
  });

  it('finds columns whatever their case and marks, and names what there is when one is missing', async () => {
    const { table } = await read(inputOf('x.csv', 'Invoice No,valor_pago\n1,2\n'));
    expect(table.column('invoiceno')).toBe(0);
    expect(() => table.column('DueDate')).toThrow('has no column "DueDate"; it has Invoice No, valor_pago');
  });

  it('refuses an unknown encoding with a remedy', async () => {
    await expect(read(inputOf('x.csv', 'a\n1\n'), { encoding: 'ebcdic-x' })).rejects.toMatchObject({
      place: '--encoding'
    });
  });
});
