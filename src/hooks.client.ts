import { isLocale } from '#lib/i18n/locales.ts';
import { overwriteGetLocale } from '#lib/paraglide/runtime.js';

overwriteGetLocale(() => (isLocale(document.documentElement.lang) ? document.documentElement.lang : 'pt-BR'));
