import { describe, expect, it } from 'vitest';
import { became, call, decode, expectAnyOrder, understand } from './calls.fixture.ts';

const PIX = { platform: 'pix' } as const;
const E2E = 'E12345678202611241221abcdef12345';
const one = (change: object = {}) => ({
  endToEndId: E2E,
  txid: 'cd1fe328c875481285a6f233ae41b662',
  valor: '110.00',
  horario: '2026-11-20T20:15:00.358Z',
  infoPagador: 'Obrigado',
  ...change
});
const body = (...pix: object[]) => call({ pix }, {}, ['segredo-do-banco', 'pix']);
const devolucao = (status: string, change: object = {}) => ({
  id: '123ABC',
  rtrId: 'D12345678202611240000abcde123456',
  valor: '10.00',
  horario: { solicitacao: '2026-11-21T10:00:00Z', liquidacao: '2026-11-21T10:00:02Z' },
  status,
  ...change
});

describe('what a callback becomes', () => {
  it('a received Pix is settled at once, under its end-to-end id, with the fee the source names', () => {
    expect(became({ ...PIX, settings: { account: 'itau', fee_bps: 99, fee_fixed_minor: 5 } }, body(one()))).toEqual([
      {
        type: 'payment.settled',
        id: E2E,
        time: '2026-11-20T20:15:00.358Z',
        data: {
          payment_id: E2E,
          account: 'itau',
          amount_minor: 11_000,
          // 108.9 to the nearest, and 5
          fee_minor: 114,
          fees: [{ kind: 'other', minor: 114 }],
          currency: 'BRL',
          method: 'pix',
          txid: 'cd1fe328c875481285a6f233ae41b662',
          end_to_end_id: E2E
        }
      }
    ]);
  });

  it('a reference that is an empty text is none', () => {
    const settings = { reference: 'invoice' } as const;
    const [settled, reversed] = became(
      { ...PIX, settings },
      body(one({ txid: '', devolucoes: [devolucao('DEVOLVIDO', { rtrId: '' })] }))
    );
    expect(settled?.data).not.toHaveProperty('txid');
    expect(settled?.data).not.toHaveProperty('invoice_id');
    expect(reversed?.data).toMatchObject({ movement_id: `${E2E}:123ABC` });
  });

  it('several Pix in one body are several payments; one that cannot be read does not take the others with it', () => {
    const other = one({ endToEndId: 'E2', valor: '5.00' });
    const wrong = one({ endToEndId: 'E3', valor: '5,00' });
    const understood = understand(PIX, body(one(), wrong, other));
    expect(understood).toMatchObject({ told: 'pix', subject: '3 Pix' });
    expect(decode(understood)).toMatchObject([
      { kind: 'usable' },
      { kind: 'quarantined', id: 'E3', type: 'pix.received', fault: { path: '/data/valor' } },
      { kind: 'usable' }
    ]);
  });

  it('interest, fine, discount and rebate are what was paid beside the debt', () => {
    const componentesValor = {
      original: { valor: '100.00' },
      juros: { valor: '2.50' },
      multa: { valor: '2.00' },
      desconto: { valor: '1.00' },
      abatimento: { valor: '3.00' }
    };
    expect(became(PIX, body(one({ valor: '100.50', componentesValor })))[0]?.data).toMatchObject({
      amount_minor: 10_050,
      interest_minor: 250,
      fine_minor: 200,
      discount_minor: 400
    });
  });

  it('what was handed out in cash pays for nothing: it goes from the till to the bank', () => {
    const componentesValor = { original: { valor: '80.00' }, saque: { valor: '20.00', modalidadeAgente: 'AGTEC' } };
    const books = expectAnyOrder(PIX, [body(one({ valor: '100.00', componentesValor }))]);
    expect(books.accounts).toEqual({ pix: 10_000, caixa: -2_000 });
    expect(books.payments).toMatchObject([{ gross: 8_000, principal: 8_000 }]);
    const onlyCash = { original: { valor: '0.00' }, saque: { valor: '20.00' } };
    expect(became(PIX, body(one({ valor: '20.00', componentesValor: onlyCash }))).map(({ type }) => type)).toEqual([
      'account.moved'
    ]);
  });

  it('the txid links where the source says what it names', () => {
    const txid = 'cd1fe328c875481285a6f233ae41b662';
    expect(became({ ...PIX, settings: { reference: 'invoice' } }, body(one()))[0]?.data).toMatchObject({
      invoice_id: txid
    });
    expect(became({ ...PIX, settings: { reference: 'order' } }, body(one()))[0]?.data).toMatchObject({
      order_id: txid
    });
  });

  it('a bank’s try-out of the address and the callbacks of agreements are ignored', () => {
    expect(understand(PIX, call({ evento: 'teste_webhook' }, {}, ['s', 'pix']))).toMatchObject({
      told: 'pix',
      events: []
    });
    expect(understand(PIX, call({ recs: [{ idRec: 'RR1' }] }, {}, ['s', 'rec']))).toMatchObject({
      told: 'rec',
      events: []
    });
    expect(understand(PIX, body())).toMatchObject({ events: [], ignored: 'an empty list' });
  });
});

describe('devoluções', () => {
  it('count in their final state only, once, at the moment they were settled, by their return id', () => {
    const types = (status: string) =>
      became(PIX, body(one({ devolucoes: [devolucao(status)] }))).map(({ type }) => type);
    expect(types('EM_PROCESSAMENTO')).toEqual(['payment.settled']);
    expect(types('NAO_REALIZADO')).toEqual(['payment.settled']);
    expect(became(PIX, body(one({ devolucoes: [devolucao('DEVOLVIDO')] })))[1]).toEqual({
      type: 'payment.reversed',
      id: `${E2E}:123ABC`,
      time: '2026-11-21T10:00:02.000Z',
      data: {
        payment_id: E2E,
        amount_minor: 1_000,
        currency: 'BRL',
        reason: 'refund',
        account: 'pix',
        movement_id: 'D12345678202611240000abcde123456'
      }
    });
  });

  it('one the payer’s bank took back is a chargeback', () => {
    const taken = devolucao('DEVOLVIDO', { natureza: 'MED_FRAUDE' });
    expect(became(PIX, body(one({ devolucoes: [taken] })))[1]?.data).toMatchObject({ reason: 'chargeback' });
  });

  it('also one that comes as an object, as in the central bank’s example', () => {
    expect(became(PIX, body(one({ devolucoes: devolucao('DEVOLVIDO') })))).toHaveLength(2);
  });

  it('one that cannot be read waits in quarantine beside the Pix it belongs to', () => {
    const understood = understand(PIX, body(one({ devolucoes: [devolucao('DEVOLVIDO', { valor: 'dez' })] })));
    expect(decode(understood)).toMatchObject([
      { kind: 'usable' },
      { kind: 'quarantined', id: `${E2E}:123ABC`, type: 'pix.returned', fault: { path: '/data/valor' } }
    ]);
  });

  it('lead to the same books in any order of the callbacks, whatever comes twice', () => {
    const second = devolucao('DEVOLVIDO', { id: '2', rtrId: 'D2', valor: '100.00' });
    const books = expectAnyOrder(PIX, [
      body(one()),
      body(one({ devolucoes: [devolucao('EM_PROCESSAMENTO')] })),
      body(one({ devolucoes: [devolucao('DEVOLVIDO')] })),
      body(one({ devolucoes: [devolucao('DEVOLVIDO'), second] }), one({ endToEndId: 'E2', valor: '7.00' }))
    ]);
    expect(books.accounts).toEqual({ pix: 700 });
    expect(books.payments).toMatchObject([
      { payment_id: E2E, gross: 11_000, reversed: 11_000, principal: 0 },
      { payment_id: 'E2', reversed: 0 }
    ]);
  });

  it('of cash that was handed out and came back undoes no payment: purchase and troco each their own way, in any order', () => {
    const bought = one({
      valor: '100.00',
      componentesValor: {
        original: { valor: '80.00' },
        juros: { valor: '3.00' },
        troco: { valor: '20.00', modalidadeAgente: 'AGTEC' }
      }
    });
    const cash = devolucao('DEVOLVIDO', { id: 'T', rtrId: 'DT', valor: '20.00', natureza: 'RETIRADA' });
    const part = devolucao('DEVOLVIDO', { id: 'P', rtrId: 'DP', valor: '30.00', natureza: 'ORIGINAL' });
    const books = expectAnyOrder({ ...PIX, settings: { fee_fixed_minor: 10 } }, [
      body(bought),
      body({ ...bought, devolucoes: [cash] }),
      body({ ...bought, devolucoes: [devolucao('EM_PROCESSAMENTO', { id: 'P', valor: '30.00' })] }),
      body({ ...bought, devolucoes: [cash, part, devolucao('NAO_REALIZADO', { id: 'N' })] })
    ]);
    expect(books.accounts).toEqual({ pix: 8_000 - 10 - 3_000, caixa: 0 });
    expect(books.payments).toMatchObject([{ gross: 8_000, reversed: 3_000, principal: 8_000 - 300 - 3_000 }]);
  });
});
