import { expect, it } from 'vitest';
import { became, call, decode, understand } from './calls.fixture.ts';

const STANDARD = { platform: 'standard' } as const;
const data = { account: 'a', amount_minor: 1, currency: 'BRL', category: 'yield' };
const as = (body: object) => call(body, { 'webhook-id': 'msg_1' });

it('an envelope of ours comes as it is; what it leaves out comes from the scheme', () => {
  const full = { id: 'e1', source: 'loja', type: 'account.moved', time: '2026-11-20T12:00:00Z', data };
  expect(became(STANDARD, as(full))).toEqual([
    { type: 'account.moved', id: 'e1', time: '2026-11-20T12:00:00.000Z', data }
  ]);
  const short = { type: 'account.moved', timestamp: '2026-11-20T12:00:00Z', data };
  expect(became(STANDARD, as(short))).toEqual([
    { type: 'account.moved', id: 'msg_1', time: '2026-11-20T12:00:00.000Z', data }
  ]);
});

it('an array is several events, each with an id of its own on every retry', () => {
  const two = [
    { type: 'account.moved', data },
    { type: 'account.moved', data }
  ];
  expect(understand(STANDARD, call(two, { 'webhook-id': 'msg_1' })).events.map(({ id }) => id)).toEqual([
    'msg_1/0',
    'msg_1/1'
  ]);
  expect(understand(STANDARD, as([]))).toMatchObject({ events: [], ignored: 'an empty list' });
});

it('what is wrong with an envelope is said as for any event', () => {
  const verdicts = [
    { type: 'account.moved', id: 5, data },
    { type: 'x.y', data },
    { type: 'account.moved', time: 5, data },
    'text',
    7
  ].map((body) => {
    const [item] = decode(understand(STANDARD, call(JSON.stringify(body), { 'webhook-id': 'msg_1' })));
    return item && item.kind !== 'usable' ? [item.kind, item.fault.path] : null;
  });
  expect(verdicts).toEqual([
    ['rejected', '/id'],
    ['quarantined', '/type'],
    ['quarantined', '/time'],
    ['rejected', '/type'],
    ['rejected', '/type']
  ]);
});

it('numbers that a double cannot hold stay as they were written', () => {
  const text = `{"type": "account.moved", "data": {"account": "a", "amount_minor": 1, "currency": "BRL", "category": "yield", "ref": 820982911946154508}}`;
  const [item] = decode(understand(STANDARD, call(text, { 'webhook-id': 'msg_1' })));
  expect(item).toHaveProperty('data', expect.stringContaining('"ref":820982911946154508'));
});
