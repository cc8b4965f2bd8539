import * as z from 'zod';

/** The part of a pino logger that this folder uses. */
export interface EmbeddedLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What the parent tells the child over the IPC channel, once. The password is not for argv: `ps` shows that to everyone. */
export const StartMessage = z.object({
  library: z.string(),
  /** store of ClickHouse, absolute */
  storeDir: z.string(),
  configFile: z.string(),
  port: z.int(),
  username: z.string(),
  password: z.string()
});
export type StartMessage = z.infer<typeof StartMessage>;

/** DATA_DIR/clickhouse.json while the embedded ClickHouse runs: how the commands (migrate, rebuild, verify …) find it. */
export const RunningRecord = z.object({
  url: z.string(),
  username: z.string(),
  password: z.string(),
  database: z.string(),
  pid: z.int(),
  parent_pid: z.int()
});
export type RunningRecord = z.infer<typeof RunningRecord>;
