import { describe, expect, it } from 'vitest';
import { ibmLatePayment } from './preset-ibm.ts';
import { convertAll, inputOf } from './test-conversion.ts';

const HEADER =
  'countryCode,customerID,PaperlessDate,invoiceNumber,InvoiceDate,DueDate,InvoiceAmount,Disputed,SettledDate,PaperlessBill,DaysToSettle,DaysLate';
const convert = (lines: readonly string[]) =>
  convertAll(ibmLatePayment.convert, [inputOf('ar.csv', [HEADER, ...lines].join('\n'))], { zone: 'America/Sao_Paulo' });

describe('an IBM row', () => {
  it('is an invoice of one instalment at local midnight, and its settlement', async () => {
    const { events } = await convert([
      '391,0379-NEVHP,4/6/2013,611365,1/2/2013,2/1/2013,55.94,No,1/15/2013,Paper,13,0'
    ]);
    expect(events).toEqual([
      {
        id: '611365/issued',
        type: 'invoice.issued',
        time: Date.parse('2013-01-02T00:00:00-02:00'),
        file: 'ar.csv',
        line: 2,
        data: {
          invoice_id: '611365',
          customer_id: '0379-NEVHP',
          currency: 'USD',
          installments: [{ number: 1, due_date: '2013-02-01', amount_minor: 5594 }]
        }
      },
      {
        id: '611365/settled',
        type: 'payment.settled',
        time: Date.parse('2013-01-15T00:00:00-02:00'),
        file: 'ar.csv',
        line: 2,
        data: {
          payment_id: '611365',
          account: 'import',
          amount_minor: 5594,
          fee_minor: 0,
          currency: 'USD',
          method: 'other',
          customer_id: '0379-NEVHP',
          invoice_id: '611365',
          installment: 1
        }
      }
    ]);
  });

  it('not settled yet is an invoice only; one that cannot be read, or stands twice, is listed', async () => {
    const { events, skips } = await convert([
      '391,C1,x,1,1/2/2013,2/1/2013,55.94,No,,Paper,,',
      '391,C1,x,1,1/2/2013,2/1/2013,55.94,No,,Paper,,',
      '391,C1,x,2,1/32/2013,2/1/2013,5,No,1/15/2013,Paper,13,0',
      '391,C1,x,3,1/2/2013,2/1/2013,5.005,No,1/15/2013,Paper,13,0',
      '391,,x,4,1/2/2013,2/1/2013,5,No,1/15/2013,Paper,13,0'
    ]);
    expect(events.map(({ id }) => id)).toEqual(['1/issued']);
    expect([...skips.counts]).toEqual([
      ['twice', 1],
      ['bad_date', 1],
      ['fraction_of_minor', 1],
      ['missing_value', 1]
    ]);
  });

  it('whose dates could be read either way stops the import with a remedy, until a format is told', async () => {
    const ambiguous = ['391,C1,x,1,1/2/2013,2/1/2013,5,No,3/4/2013,Paper,,'];
    await expect(convert(ambiguous)).rejects.toMatchObject({
      remedy: 'could be either; tell --date-format D/M/YYYY or M/D/YYYY'
    });
  });
});
