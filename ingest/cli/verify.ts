/** `npm run db:verify`: every derived row against a recomputation from raw events; exit 1 naming table, figures, key and difference. */
import { setTimeout as pause } from 'node:timers/promises';
import { borrowClickHouse } from '#sql/embedded/borrow.server.ts';
import { clickHouseAddress, readClickHouseSettings } from '#sql/env.server.ts';
import { createReader } from '#sql/gateway.server.ts';
import type { Reader } from '#sql/interface.server.ts';
import { reportLines } from '#ingest/verify/report.ts';
import { differenceCount, verify } from '#ingest/verify/verify.ts';

/** While ingest runs a batch may be half derived when we look: only what differs again is wrong. */
const ATTEMPTS = 3;
const PAUSE_MS = 1_500;

const say = (line: string): void => console.log(line);

async function verifyCalmly(reader: Reader): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const answer = await verify(reader);
    if (!answer.ok) {
      say(`ClickHouse does not answer: ${answer.failure.kind} ${answer.failure.code} ${answer.failure.message}`);
      return 1;
    }
    const count = differenceCount(answer.value);
    if (count > 0 && attempt < ATTEMPTS) {
      await pause(PAUSE_MS);
      continue;
    }
    for (const line of reportLines(answer.value)) say(line);
    say(
      count === 0
        ? 'Equal.'
        : `\n${count} differences. Derived data can be made anew from raw events: npm run db:rebuild`
    );
    return count === 0 ? 0 : 1;
  }
}

const settings = readClickHouseSettings();
const { address, giveBack } = await borrowClickHouse({
  clickhouse: clickHouseAddress(settings),
  dataDir: settings.DATA_DIR,
  log: { info: () => undefined, warn: (_fields, message) => say(message), error: (_fields, message) => say(message) }
});
const reader = createReader(address);
try {
  process.exitCode = await verifyCalmly(reader);
} finally {
  await reader.close();
  await giveBack();
}
