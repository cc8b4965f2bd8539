import { expect, it } from 'vitest';
import { fail, ok } from '#lib/contracts/result.ts';
import type { ClickHouseFailure } from '#sql/interface.server.ts';
import { isolate } from './isolate.ts';

const AWAY: ClickHouseFailure = { kind: 'unreachable', retryable: true, code: 'ECONNREFUSED', message: 'away' };
const rowsOf = (count: number): Buffer =>
  Buffer.from(Array.from({ length: count }, (_, i) => `{"seq":${i + 1},"id":"e"}\n`).join(''));

/** Refuses rows at positions that `divisor` divides; away after so many questions. */
function refusing(divisor: number, answers = Number.POSITIVE_INFINITY) {
  let asked = 0;
  return {
    command: () => Promise.resolve(ok(undefined)),
    refusal: (_table: string, rows: Buffer) => {
      if (++asked > answers) return Promise.resolve(fail(AWAY));
      const positions = [...rows.toString().matchAll(/"seq":(\d+)/g)].map(([, seq]) => Number(seq));
      return Promise.resolve(ok(positions.some((position) => position % divisor === 0) ? 'refused' : null));
    }
  };
}

it('finds each row that is refused, in the words of the refusal', async () => {
  expect(await isolate(refusing(40), 't', rowsOf(100))).toEqual(
    ok([
      { position: 40, words: 'refused' },
      { position: 80, words: 'refused' }
    ])
  );
});

it('of very many the first are enough, and a probe that fails costs nothing that was found', async () => {
  const first = await isolate(refusing(2), 't', rowsOf(1_000));
  expect(first).toMatchObject({ ok: true, value: { length: 100, 0: { position: 2 }, 99: { position: 200 } } });
  const some = await isolate(refusing(10, 20), 't', rowsOf(100));
  expect(some).toMatchObject({ ok: true, value: [{ position: 10 }, { position: 20 }] });
  expect(await isolate(refusing(10, 2), 't', rowsOf(100))).toEqual(fail(AWAY));
});
