/** `npm run db:dump`: writes sql/schema/<object>.sql as a freshly migrated database has it. Touches no data. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dumpSchema } from '#sql/dump-schema.server.ts';
import { startEmbedded } from '#sql/embedded/start.server.ts';
import { createReader } from '#sql/gateway.server.ts';
import { migrate } from '#sql/migrate.server.ts';
import { consoleLog, say } from './console.server.ts';

const directory = join(import.meta.dirname, '..', 'schema');
const dataDir = mkdtempSync(join(tmpdir(), 'pulso-dump-'));
const embedded = await startEmbedded({ dataDir, log: consoleLog });
try {
  const migrated = await migrate(embedded.address, { now: Date.now() });
  if (!migrated.ok) throw new Error(migrated.failure.message);
  const reader = createReader(embedded.address);
  const dumped = await dumpSchema(reader);
  await reader.close();
  if (!dumped.ok) throw new Error(dumped.failure.message);
  mkdirSync(directory, { recursive: true });
  for (const file of readdirSync(directory)) rmSync(join(directory, file));
  for (const [file, text] of dumped.value) writeFileSync(join(directory, file), text);
  say(`${dumped.value.size} objects written to sql/schema`);
} finally {
  await embedded.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
