/** A parent to be killed: starts the embedded ClickHouse on the folder given and prints its address and pid as one line of JSON. */
import { startEmbedded } from '#sql/embedded/start.server.ts';
import { silentLog } from '../clickhouse.ts';

const [dataDir = ''] = process.argv.slice(2);
const { address, pid } = await startEmbedded({ dataDir, log: silentLog });
process.stdout.write(`${JSON.stringify({ address, pid })}\n`);
setInterval(() => {}, 60_000);
