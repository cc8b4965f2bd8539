/** `npm run db:verify`: every derived row against a recomputation from raw events; exit 1 naming table, figures, key and difference. */
import { borrowClickHouse } from '#sql/embedded/borrow.server.ts';
import { clickHouseAddress, readClickHouseSettings } from '#sql/env.server.ts';
import { createReader } from '#sql/gateway.server.ts';
import type { Reader } from '#sql/interface.server.ts';
import { reportLines } from '#ingest/verify/report.ts';
import { differenceCount } from '#ingest/verify/table-report.ts';
import { verifyTwice } from '#ingest/verify/verify.ts';

/** While ingest runs the last batch stored may take so long to be derived. */
const SETTLE_MS = 1_500;
const HINT =
  'Where ingest was killed, its start completes the last batch. Otherwise derived data is made anew by: npm run db:rebuild';

const say = (line: string): void => console.log(line);

/** @returns the exit code */
async function run(reader: Reader): Promise<number> {
  const answer = await verifyTwice(reader, SETTLE_MS);
  if (!answer.ok) {
    const { kind, code, message } = answer.failure;
    say(`Nothing could be compared, ClickHouse: ${kind} ${code} ${message}`);
    return 1;
  }
  const count = differenceCount(answer.value);
  for (const line of reportLines(answer.value)) say(line);
  say(count === 0 ? 'Equal.' : `\n${count} differences. ${HINT}`);
  return count === 0 ? 0 : 1;
}

const settings = readClickHouseSettings();
const { address, giveBack } = await borrowClickHouse({
  clickhouse: clickHouseAddress(settings),
  dataDir: settings.DATA_DIR,
  log: { info: () => undefined, warn: (_fields, message) => say(message), error: (_fields, message) => say(message) }
});
const reader = createReader(address);
try {
  process.exitCode = await run(reader);
} finally {
  await reader.close();
  await giveBack();
}
