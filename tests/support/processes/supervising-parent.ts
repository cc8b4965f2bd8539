/** A supervisor to be killed: keeps served-child.ts running on PORT and prints its pid once it serves. */
import { join } from 'node:path';
import pino from 'pino';
import { superviseProcess } from '../../../src/entry/supervised-process.ts';

const child = superviseProcess({
  name: 'child',
  script: join(import.meta.dirname, 'served-child.ts'),
  env: process.env,
  readyUrl: `http://127.0.0.1:${String(process.env.PORT)}/`,
  log: pino({ enabled: false })
});
await child.ready;
process.stdout.write(`${String(child.pid())}\n`);
