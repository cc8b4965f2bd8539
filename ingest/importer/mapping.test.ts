import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { verdictsOf } from './dry-run.ts';
import { Mapping } from './mapping-schema.ts';
import { mappingConverter } from './mapping.ts';
import { convertAll, inputOf } from './test-conversion.ts';

/** The first fenced block of a language in the README: the example is what is tested. */
function example(language: string): string {
  const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
  const [, block] = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(readme) ?? [];
  if (block === undefined) throw new Error(`the README has no ${language} example`);
  return block;
}

const map = (mapping: object, csv: string) =>
  convertAll(mappingConverter(Mapping.parse(mapping)), [inputOf('x.csv', csv)], { zone: 'America/Sao_Paulo' });
const adjusted = (extra: object = {}) => ({
  name: 'acertos',
  currency: 'BRL',
  events: [
    {
      type: 'stock.adjusted',
      time: 'data',
      data: {
        sku: { kind: 'id', column: 'produto', prefix: 'P-' },
        quantity: { kind: 'integer', column: 'qtd', sign: 'negated' },
        reason: { kind: 'text', column: 'motivo', optional: true, empty: ['-'] }
      },
      ...extra
    }
  ]
});

describe('the example of the README', () => {
  it('becomes invoices by group and payments by row, from a Brazilian export with nothing told', async () => {
    const mapping = Mapping.parse(JSON.parse(example('json')));
    const input = inputOf('contas.csv', iconv.encode(example('csv'), 'windows-1252'), 'windows-1252');
    const { events, skips } = await convertAll(mappingConverter(mapping), [input], { zone: 'America/Sao_Paulo' });
    expect([...skips.counts]).toEqual([]);
    expect(events.map(({ id, time, line, data }) => ({ id, time, line, data }))).toEqual([
      {
        id: 'payment.settled/1001/1',
        time: Date.parse('2026-01-30T00:00:00-03:00'),
        line: 2,
        data: {
          payment_id: '1001/1',
          account: 'itau',
          amount_minor: 123_456,
          fee_minor: 0,
          currency: 'BRL',
          method: 'boleto',
          invoice_id: '1001',
          installment: 1
        }
      },
      {
        id: 'payment.settled/1002/1',
        time: Date.parse('2026-02-14T00:00:00-03:00'),
        line: 4,
        data: {
          payment_id: '1002/1',
          account: 'itau',
          amount_minor: 98_000,
          fee_minor: 0,
          currency: 'BRL',
          method: 'pix',
          invoice_id: '1002',
          installment: 1
        }
      },
      {
        id: 'invoice.issued/1001',
        time: Date.parse('2026-01-02T00:00:00-03:00'),
        line: 2,
        data: {
          invoice_id: '1001',
          customer_id: '11.222.333/0001-81',
          currency: 'BRL',
          installments: [
            { number: 1, due_date: '2026-02-02', amount_minor: 123_456 },
            { number: 2, due_date: '2026-03-04', amount_minor: 123_455 }
          ]
        }
      },
      {
        id: 'invoice.issued/1002',
        time: Date.parse('2026-01-15T00:00:00-03:00'),
        line: 4,
        data: {
          invoice_id: '1002',
          customer_id: '22.333.444/0001-05',
          currency: 'BRL',
          installments: [{ number: 1, due_date: '2026-02-14', amount_minor: 98_000 }]
        }
      }
    ]);
    const verdicts = verdictsOf(events, 'import/contas-a-receber', Date.UTC(2026, 10, 24));
    expect(verdicts.map(({ status }) => status)).toEqual(['stored', 'stored', 'stored', 'stored']);
  });
});

describe('a mapping', () => {
  it('numbers identical rows and keeps every id when rows move', async () => {
    const rows = ['A,3,2026-01-31,quebra', 'B,2,2026-01-31,-', 'A,3,2026-01-31,quebra'];
    const run = (lines: readonly string[]) => map(adjusted(), ['produto,qtd,data,motivo', ...lines].join('\n'));
    const { events } = await run(rows);
    expect(events.map(({ data }) => data)).toEqual([
      { sku: 'P-A', quantity: -3, reason: 'quebra' },
      { sku: 'P-B', quantity: -2 },
      { sku: 'P-A', quantity: -3, reason: 'quebra' }
    ]);
    const ids = events.map(({ id }) => id).sort();
    expect(new Set(ids).size).toBe(3);
    expect((await run([...rows].reverse())).events.map(({ id }) => id).sort()).toEqual(ids);
  });

  it('lists a row it cannot read, with the column and the value', async () => {
    const { events, skips } = await map(
      adjusted(),
      'produto,qtd,data,motivo\nA,1.5,2026-01-31,x\n,1,2026-01-31,x\nA,1,31/01/2026x,x\nA,1,,x\nA,2,2026-01-31,x'
    );
    expect(events).toHaveLength(1);
    expect(skips.list('bad_integer')).toEqual([{ file: 'x.csv', line: 2, detail: 'stock.adjusted: qtd "1.5"' }]);
    expect([...skips.counts]).toEqual([
      ['bad_integer', 1],
      ['missing_value', 2],
      ['bad_date', 1]
    ]);
  });

  it('takes the rows its conditions name, and lists those no event asks for', async () => {
    const where = [
      { column: 'motivo', not: ['venda'] },
      { column: 'produto', starts_with: 'A' }
    ];
    const { events, skips } = await map(
      adjusted({ where }),
      'produto,qtd,data,motivo\nA1,1,2026-01-31,quebra\nA2,1,2026-01-31,venda\nB1,1,2026-01-31,quebra'
    );
    expect(events.map(({ data }) => data.sku)).toEqual(['P-A1']);
    expect(skips.list('no_event').map(({ line }) => line)).toEqual([3, 4]);
  });

  it('never gives two things one id: values that hold the separator are hashed', async () => {
    const { events } = await map(
      adjusted({ id: ['produto', 'motivo'] }),
      'produto,qtd,data,motivo\nA/B,1,2026-01-31,C\nA,1,2026-01-31,B/C'
    );
    expect(new Set(events.map(({ id }) => id)).size).toBe(2);
  });

  it.each([
    ['an unknown currency', { ...adjusted(), currency: 'REAL' }],
    ['rows without a group', adjusted({ data: { lines: { kind: 'rows', fields: {} } } })],
    ['an unknown key', { ...adjusted(), separator: ';' }],
    ['a condition that says nothing', adjusted({ where: [{ column: 'x' }] })]
  ])('with %s is refused before any row is read', (_, mapping) => {
    expect(Mapping.safeParse(mapping).success).toBe(false);
  });
});
