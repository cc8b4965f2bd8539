/** The dashboard's settings: the only place under src/lib/server that reads process.env. */
import { resolve } from 'node:path';
import * as z from 'zod';
import { CURRENCIES } from '#lib/contracts/money.ts';
import { clickHouseSettings, parseSettings } from '#sql/env.server.ts';

const isZone = (zone: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
};

export const DashboardEnv = z
  .object({
    /** 0: any free port */
    PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
    HOST: z.string().default('127.0.0.1'),
    /** left out: http://localhost:PORT and http://127.0.0.1:PORT */
    ORIGIN: z.url({ protocol: /^https?$/ }).optional(),
    INGEST_URL: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:4000'),
    ...clickHouseSettings,
    APP_DB_URL: z.string().optional(),
    BUSINESS_NAME: z.string().max(80).default('Pulso'),
    BUSINESS_TIMEZONE: z
      .string()
      .refine(isZone, 'an IANA time zone such as America/Sao_Paulo')
      .default('America/Sao_Paulo'),
    BUSINESS_CURRENCY: z
      .string()
      .refine((code) => CURRENCIES.has(code), 'an ISO 4217 code such as BRL')
      .default('BRL'),
    BUSINESS_CALENDAR: z.enum(['BR', 'none']).default('BR'),
    PUBLIC_DEFAULT_LOCALE: z.enum(['pt-BR', 'en']).default('pt-BR'),
    ADMIN_EMAIL: z.string().optional(),
    ADMIN_PASSWORD: z.string().optional(),
    INTERNAL_TOKEN: z.string().min(16, 'at least 16 characters').optional(),
    /** `npm run demo` sets it: the screen says so */
    PULSO_DEMO: z.enum(['0', '1']).default('0'),
    LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    LOG_FORMAT: z.enum(['json', 'pretty']).optional()
  })
  .transform((settings) => ({ ...settings, DATA_DIR: resolve(settings.DATA_DIR) }));
export type DashboardEnv = z.output<typeof DashboardEnv>;

/** Prints every problem at once and ends the process with 1 when there is one. */
export function readDashboardEnv(): DashboardEnv {
  const settings = parseSettings(DashboardEnv, process.env);
  if (settings.ok) return settings.value;
  process.stderr.write(`Settings that cannot be used:\n${settings.problems.map((line) => `  ${line}\n`).join('')}`);
  process.exit(1);
}

/**
 * Kit's handler reads its settings from the environment when it is imported: call before. It takes one ORIGIN only and we answer to
 * two names, so it is told to read scheme and host from headers which the entry writes on every request.
 */
export function prepareKitEnv(headers: { readonly protocol: string; readonly host: string }): void {
  delete process.env.ORIGIN;
  process.env.PROTOCOL_HEADER = headers.protocol;
  process.env.HOST_HEADER = headers.host;
}
