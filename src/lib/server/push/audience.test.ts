import { expect, test } from 'vitest';
import { createAudience } from './audience.server.ts';

function seat() {
  const rooms = new Set<string>();
  return { rooms, join: (room: string) => void rooms.add(room), leave: (room: string) => void rooms.delete(room) };
}

test('sockets that watch the same tiles share a room: one encoding for all of them', () => {
  const audience = createAudience<ReturnType<typeof seat>>();
  const seats = Array.from({ length: 1_000 }, seat);
  for (const one of seats) audience.add(one, ['cash-position', 'sales-today']);
  const [delivery, ...others] = audience.deliveries(['sales-today']);
  expect(others).toEqual([]);
  expect(delivery?.ids).toEqual(['sales-today']);
  expect(delivery?.rooms).toHaveLength(1);
  for (const { rooms } of seats) expect([...rooms]).toEqual(delivery?.rooms);
});

test('rooms that see the same of a tick are told together, others apart, the rest not at all', () => {
  const audience = createAudience<ReturnType<typeof seat>>();
  const [all, cash, stock] = [seat(), seat(), seat()];
  audience.add(all, ['cash-position', 'stock-outs', 'ageing']);
  audience.add(cash, ['cash-position', 'fee-rate']);
  audience.add(stock, ['stock-outs']);
  expect(audience.deliveries(['cash-position'])).toEqual([
    { rooms: [...all.rooms, ...cash.rooms], ids: ['cash-position'] }
  ]);
  expect(audience.deliveries(['cash-position', 'stock-outs'])).toEqual([
    { rooms: [...all.rooms], ids: ['cash-position', 'stock-outs'] },
    { rooms: [...cash.rooms], ids: ['cash-position'] },
    { rooms: [...stock.rooms], ids: ['stock-outs'] }
  ]);
  expect(audience.deliveries(['sales-today'])).toEqual([]);
});

test('who leaves hears no more, and rooms without sockets are forgotten', () => {
  const audience = createAudience<ReturnType<typeof seat>>();
  const [first, second] = [seat(), seat()];
  audience.add(first, ['cash-position', 'ageing']);
  audience.add(second, ['ageing']);
  audience.remove(first, ['ageing']);
  expect(audience.deliveries(['ageing'])).toEqual([{ rooms: [...second.rooms], ids: ['ageing'] }]);
  audience.gone(second);
  audience.remove(first, ['cash-position']);
  expect(audience.deliveries(['ageing', 'cash-position'])).toEqual([]);
  expect(first.rooms.size).toBe(0);
});
