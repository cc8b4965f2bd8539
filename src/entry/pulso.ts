/** `npm start`: the whole product in one supervised tree of processes. SIGTERM, SIGINT and SIGHUP drain it. */
import { readPulsoEnv } from './env.server.ts';
import { createLog } from './log.ts';
import { runPulso } from './run-pulso.ts';

const env = readPulsoEnv();
await runPulso({ env, log: createLog('pulso', env.settings) });
