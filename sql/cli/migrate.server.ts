/** `npm run db:migrate`: brings the database at CLICKHOUSE_URL, or the embedded one in DATA_DIR, to the current schema. */
import { borrowClickHouse } from '#sql/embedded/borrow.server.ts';
import { clickHouseAddress, readClickHouseSettings } from '#sql/env.server.ts';
import { migrate } from '#sql/migrate.server.ts';
import { consoleLog, say } from './console.server.ts';

const settings = readClickHouseSettings();
const { address, giveBack } = await borrowClickHouse({
  clickhouse: clickHouseAddress(settings),
  dataDir: settings.DATA_DIR,
  log: consoleLog
});
try {
  const result = await migrate(address, { now: Date.now() });
  if (!result.ok) {
    say(`Refused: ${result.failure.message}`);
    process.exitCode = 1;
  } else if (result.value.length === 0) {
    say('The schema is current.');
  } else {
    for (const name of result.value) say(`applied ${name}`);
  }
} finally {
  await giveBack();
}
