/**
 * The process that is ClickHouse: libchdb's command line with a listening port, on a thread of its own. Started only by
 * start.server.ts. It ends on SIGTERM or with its parent, tables closed.
 */
import { DataType, define, open } from 'ffi-rs';
import { openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ReadStream } from 'node:tty';
import { StartMessage } from './types.server.ts';
import { watchParent } from './watch-parent.server.ts';

const isMac = process.platform === 'darwin';
const O_RDWR = 2;
const O_NOCTTY = isMac ? 0x20000 : 0o400;
/** A shutdown that hangs longer than this is not getting cleaner. */
const EXIT_DEADLINE_MS = 8_000;
const KILL_QUERIES_TIMEOUT_MS = 1_500;

/** @returns a writer of lines into the prompt */
function openPrompt(): (line: string) => void {
  open({ library: 'c', path: isMac ? '/usr/lib/libSystem.B.dylib' : 'libc.so.6' });
  const int = DataType.I32;
  const c = define({
    posix_openpt: { library: 'c', retType: int, paramsType: [int] },
    grantpt: { library: 'c', retType: int, paramsType: [int] },
    unlockpt: { library: 'c', retType: int, paramsType: [int] },
    ptsname: { library: 'c', retType: DataType.String, paramsType: [int] },
    dup2: { library: 'c', retType: int, paramsType: [int, int] }
  });
  const terminal = c.posix_openpt([O_RDWR | O_NOCTTY]);
  c.grantpt([terminal]);
  c.unlockpt([terminal]);
  const slave = openSync(c.ptsname([terminal]), O_RDWR | O_NOCTTY);
  // 1 as well: a stdout closed by the parent's death would be an exception inside ClickHouse
  for (const fd of [0, 1]) c.dup2([slave, fd]);
  // Drained by polling and thrown away; a blocking read would keep process.exit waiting for ever.
  new ReadStream(terminal).on('data', () => {}).on('error', () => {});
  return (line) => writeSync(terminal, `${line}\n`);
}

/** Lasts as long as the server. On a thread of its own: ClickHouse checks its stack's bounds. */
function runServer({ library, storeDir, configFile, port }: StartMessage): Promise<unknown> {
  open({ library: 'chdb', path: library });
  const chdb = define({
    chdb_query_cmdline: {
      library: 'chdb',
      retType: DataType.External,
      paramsType: [DataType.I32, DataType.StringArray],
      runInNewThread: true
    }
  });
  // Interactive not for its prompt but for its error handler: in batch mode any malformed connection aborts the process.
  const argv = [
    'clickhouse',
    '--interactive',
    '--disable_suggestion',
    '--highlight=0',
    // a file of its own: the prompt takes everyone else's rights to it, and it would do so to /dev/null as well
    `--history_file=${join(dirname(configFile), 'prompt-history')}`
  ].concat(
    ['--path', storeDir, '--listen_host=127.0.0.1', `--http_port=${port}`, `--config-file=${configFile}`],
    ['--log-level=warning']
  );
  return Promise.resolve(chdb.chdb_query_cmdline([argv.length, argv]));
}

/** With a query still running, `exit` takes 5 s and leaves tables unclosed. */
async function killQueries({ port, username, password }: StartMessage): Promise<void> {
  await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: { 'x-clickhouse-user': username, 'x-clickhouse-key': password, connection: 'close' },
    body: 'KILL QUERY WHERE query_id != queryID() ASYNC',
    signal: AbortSignal.timeout(KILL_QUERIES_TIMEOUT_MS)
  }).then(
    (answer) => answer.body?.cancel(),
    () => {}
  );
}

function serve(start: StartMessage): void {
  const type = openPrompt();
  runServer(start).then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    }
  );
  type('SYSTEM START LISTEN HTTP;');
  let leaving = false;
  const leave = (): void => {
    if (leaving) return;
    leaving = true;
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), EXIT_DEADLINE_MS);
    void killQueries(start).finally(() => type('exit'));
  };
  process.on('SIGTERM', leave);
  watchParent(leave);
}

// Ctrl-C reaches the whole group; the parent decides.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
process.once('message', (message) => serve(StartMessage.parse(message)));
