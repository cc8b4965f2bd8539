import pino from 'pino';
import type { Logger } from 'pino';
import pretty from 'pino-pretty';

/** JSON lines on stdout, or lines for people where a terminal reads them. Synchronous: the last words before an exit count. */
export function createLog(
  name: string,
  { LOG_LEVEL, LOG_FORMAT }: { readonly LOG_LEVEL: string; readonly LOG_FORMAT?: 'json' | 'pretty' | undefined }
): Logger {
  const options = { name, level: LOG_LEVEL, base: { pid: process.pid } };
  const format = LOG_FORMAT ?? (process.stdout.isTTY ? 'pretty' : 'json');
  if (format === 'json') return pino(options, pino.destination({ fd: 1, sync: true }));
  return pino(options, pretty({ sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' }));
}
