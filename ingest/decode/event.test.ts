import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeItem, type Decoded, type DecodeContext } from './event.ts';
import { readItems, type BodyFormat } from './items.ts';
import { toEventRow, toQuarantineRow } from './rows.ts';

const RECEIVED_AT = Date.UTC(2026, 10, 24, 12);
const anything: DecodeContext = { receivedAt: RECEIVED_AT, allowance: { sources: new Set(), types: new Set() } };

function decodeText(text: string, format: BodyFormat = 'json', context = anything): Decoded[] {
  const items = readItems(Buffer.from(text), format);
  if (!items.ok) throw new Error(items.failure.message);
  return Array.from({ length: items.value.length }, (_, index) => decodeItem(items.value, index, context));
}
function decodeOne(text: string, context = anything): Decoded {
  const [decoded] = decodeText(text, 'json', context);
  if (!decoded) throw new Error('no item');
  return decoded;
}
const moved = { account: 'itau', amount_minor: 100, currency: 'BRL', category: 'yield' };
const envelope = (change: object): string =>
  JSON.stringify({
    id: '1',
    source: 'urn:t',
    type: 'account.moved',
    time: '2026-11-24T11:00:00Z',
    data: moved,
    ...change
  });
const withAmount = (token: string): string => envelope({}).replace('"amount_minor":100', `"amount_minor":${token}`);

test('a plain event is usable and its row is what ClickHouse reads', () => {
  const decoded = decodeOne(envelope({ time: '2026-11-24T08:00:00.123999-03:00' }));
  if (decoded.kind !== 'usable') throw new Error(decoded.kind);
  expect(JSON.parse(`{"seq":7${toEventRow(decoded)}`)).toMatchObject({
    seq: 7,
    source: 'urn:t',
    id: '1',
    type: 'account.moved',
    stream: 'payments',
    time: Date.UTC(2026, 10, 24, 11, 0, 0, 123),
    received_at: RECEIVED_AT,
    currency: 'BRL',
    data: '{"account":"itau","amount_minor":100,"currency":"BRL","category":"yield"}'
  });
});

test('a missing time is the moment of receipt', () => {
  expect(decodeOne(envelope({ time: undefined }))).toMatchObject({ kind: 'usable', event: { time: RECEIVED_AT } });
});

test.each([
  ['1e2', '100'],
  ['100.0', '100'],
  ['1000E-1', '100']
])('an amount written %s is stored in its plain spelling', (token, plain) => {
  const decoded = decodeOne(withAmount(token));
  if (decoded.kind !== 'usable') throw new Error(decoded.kind);
  expect(decoded.data).toContain(`"amount_minor":${plain},`);
});

test.each(['10.000000000000000001', '10.5', '9007199254740993', '12345678901234567890', '1e400', '"100"', 'null'])(
  'an amount of %s makes the event unusable, never rounded',
  (token) => {
    expect(decodeOne(withAmount(token))).toMatchObject({
      kind: 'quarantined',
      code: 'invalid_data',
      fault: { path: '/data/amount_minor' },
      raw: withAmount(token)
    });
  }
);

test('unknown keys are kept digit by digit and counted, and the order of keys is no difference', () => {
  const a = decodeOne(withAmount('100,"note":{"b":12345678901234567890,"a":[0.1]}'));
  const b = decodeOne(
    envelope({ data: null }).replace(
      '"data":null',
      `"data":{"note":{"a":[0.1],"b":12345678901234567890},"category":"yield","currency":"BRL","amount_minor":100,"account":"itau"}`
    )
  );
  if (a.kind !== 'usable' || b.kind !== 'usable') throw new Error('not usable');
  expect(a.data).toContain('"note":{"a":[0.1],"b":12345678901234567890}');
  expect(a.unknownKeys).toBe(3);
  expect(a.data).toBe(b.data);
  expect(a.content).toBe(b.content);
});

test('a key written twice is settled: the last one holds, in the row as in the figures', () => {
  const decoded = decodeOne(withAmount('1,"amount_minor":100'));
  expect(decoded).toMatchObject({
    kind: 'usable',
    data: JSON.stringify(moved),
    event: { data: { amount_minor: 100 } }
  });
});

test('half a character is unstorable, an escaped backslash is not', () => {
  expect(decodeOne(withAmount('100,"memo":"\\ud800"'))).toMatchObject({ kind: 'quarantined', code: 'unstorable' });
  expect(decodeOne(withAmount('100,"x":{"\\udc00":1}'))).toMatchObject({ kind: 'quarantined', code: 'unstorable' });
  expect(decodeOne(withAmount('100,"memo":"\\\\ud800 \\ud83d\\ude00"'))).toMatchObject({ kind: 'usable' });
});

test('what nests beyond any use is quarantined, not a crash', () => {
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  expect(decodeOne(withAmount(`100,"x":${deep}`))).toMatchObject({ kind: 'quarantined', code: 'unstorable' });
});

test('a time more than five minutes ahead waits in quarantine; five minutes are allowed', () => {
  expect(decodeOne(envelope({ time: '2026-11-24T12:05:00.001Z' }))).toMatchObject({
    kind: 'quarantined',
    code: 'future_time',
    fault: { path: '/time' }
  });
  expect(decodeOne(envelope({ time: '2026-11-24T12:05:00.000Z' }))).toMatchObject({ kind: 'usable' });
});

test.each(['2026-11-24', '2026-11-24T12:00:00', '2026-02-30T12:00:00Z', 'yesterday', 5])(
  'time %s is no time',
  (time) => {
    expect(decodeOne(envelope({ time }))).toMatchObject({
      kind: 'quarantined',
      code: 'invalid_data',
      fault: { path: '/time' }
    });
  }
);

test('a number where an id belongs says why it is refused', () => {
  const decoded = decodeOne(envelope({ type: 'order.cancelled', data: { order_id: 5 } }));
  if (decoded.kind !== 'quarantined') throw new Error(decoded.kind);
  expect(decoded).toMatchObject({ code: 'invalid_data', fault: { path: '/data/order_id' } });
  expect(decoded.fault.message).toContain('2^53');
});

test.each([
  [{ id: 5 }, '/id'],
  [{ id: '' }, '/id'],
  [{ id: 'x'.repeat(129) }, '/id'],
  [{ id: 'a\u0000b' }, '/id'],
  [{ id: '\ud800' }, '/id'],
  [{ source: undefined }, '/source'],
  [{ source: 'a b' }, '/source'],
  [{ source: 's'.repeat(257) }, '/source'],
  [{ type: undefined }, '/type'],
  [{ specversion: '0.3' }, '/specversion']
])('no usable envelope: %o', (change, path) => {
  expect(decodeOne(envelope(change))).toMatchObject({ kind: 'rejected', code: 'invalid_envelope', fault: { path } });
});

test('an unknown type is kept raw', () => {
  const text = envelope({ type: 'debt.adjusted', data: [1] });
  const decoded = decodeOne(text);
  if (decoded.kind !== 'quarantined') throw new Error(decoded.kind);
  const row: unknown = JSON.parse(`{"version":9,"quarantine_id":9${toQuarantineRow(decoded, RECEIVED_AT, 'key_1')}`);
  expect(row).toMatchObject({
    quarantine_id: 9,
    version: 9,
    code: 'unknown_type',
    raw: text,
    key_id: 'key_1',
    status: 'open'
  });
});

test('what a key may not send is refused before it is read', () => {
  const context = { ...anything, allowance: { sources: new Set(['urn:a']), types: new Set(['order.placed']) } };
  expect(decodeOne(envelope({}), context)).toMatchObject({ kind: 'rejected', code: 'source_forbidden' });
  expect(decodeOne(envelope({ source: 'urn:a' }), context)).toMatchObject({ kind: 'rejected', code: 'type_forbidden' });
});

test('an NDJSON line that is not JSON is one rejected item; blank lines are none', () => {
  const decoded = decodeText(`${envelope({})}\r\n\n{oops\n  ${envelope({ id: '2' })}`, 'ndjson');
  expect(decoded.map(({ kind }) => kind)).toEqual(['usable', 'rejected', 'usable']);
});

test('an event over 256 KiB is rejected, alone or among others, and one of just 256 KiB is not', () => {
  const sized = (bytes: number): string => {
    const frame = envelope({ data: { ...moved, pad: '' } });
    return envelope({ data: { ...moved, pad: 'x'.repeat(bytes - frame.length) } });
  };
  const fits = sized(256 * 1024);
  const over = sized(256 * 1024 + 1);
  for (const [text, format] of [
    [`[${fits},${over},5]`, 'json'],
    [`${fits}\n${over}\n5`, 'ndjson']
  ] as const) {
    const decoded = decodeText(text, format);
    expect(decoded.map((item) => (item.kind === 'rejected' ? item.code : item.kind))).toEqual([
      'usable',
      'event_too_large',
      'invalid_envelope'
    ]);
  }
  expect(decodeOne(over)).toMatchObject({ kind: 'rejected', code: 'event_too_large' });
});

test('whatever JSON comes, an item is decided and its row is storable', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.jsonValue(), fc.jsonValue(), (isAny, data, extra) => {
      const text = JSON.stringify({
        id: '1',
        source: 'urn:t',
        type: 'account.moved',
        data: isAny ? data : { ...moved, extra }
      });
      const decoded = decodeOne(text);
      if (decoded.kind === 'usable') {
        expect(toEventRow(decoded).isWellFormed()).toBe(true);
        expect((): unknown => JSON.parse(`{"seq":1${toEventRow(decoded)}`)).not.toThrow();
      } else expect(decoded.kind).toBe('quarantined');
    }),
    { numRuns: 300 }
  );
});

test('bytes that are no UTF-8 are never read as other characters', () => {
  const data = Buffer.from(
    '{"account":"A\xe9","amount_minor":1,"currency":"BRL","category":"yield"}',
    'latin1'
  ).toString('base64');
  const sent = (datacontenttype: string, data_base64 = data): Decoded =>
    decodeOne(envelope({ data: undefined, data_base64, datacontenttype }));
  const unusable = { kind: 'quarantined', code: 'invalid_data', fault: { path: '/data_base64' } };
  expect(sent('application/json')).toMatchObject(unusable);
  expect(sent('application/json; charset=iso-8859-1')).toMatchObject(unusable);
  const ascii = Buffer.from(JSON.stringify(moved)).toString('base64');
  expect(sent('application/json; charset="iso-8859-1"', ascii)).toMatchObject(unusable);
  expect(sent('application/json; charset=UTF-8', ascii)).toMatchObject({ kind: 'usable' });
});
