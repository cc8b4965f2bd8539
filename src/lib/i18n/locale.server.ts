/** Gives each request its locale on the server. The browser reads it from `<html lang>` (src/hooks.client.ts). */
import { AsyncLocalStorage } from 'node:async_hooks';
import { overwriteServerAsyncLocalStorage } from '#lib/paraglide/runtime.js';
import type { Locale } from './locales.ts';

interface Store {
  readonly locale?: Locale;
  readonly origin?: string;
  readonly messageCalls?: Set<string>;
}
const requests = new AsyncLocalStorage<Store>();
overwriteServerAsyncLocalStorage(requests);

/** Runs a request; every message inside is of `locale`. */
export const withLocale = <T>(locale: Locale, run: () => T): T => requests.run({ locale }, run);
