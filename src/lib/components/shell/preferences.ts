/** Theme and language: kept in cookies, so that the server draws the page the same way. */
import { LOCALE_COOKIE, THEME_COOKIE, type Locale, type Theme } from '#lib/i18n/locales.ts';

const YEAR_S = 31_536_000;
const keep = (name: string, value: string): void => {
  document.cookie = `${name}=${value}; path=/; max-age=${YEAR_S}; samesite=lax`;
};

/** Acts at once; charts watch the attribute and draw again. */
export function chooseTheme(theme: Theme): void {
  keep(THEME_COOKIE, theme);
  document.documentElement.dataset.theme = theme;
}

/** Every text changes: the page is asked for again. */
export function chooseLocale(locale: Locale): void {
  keep(LOCALE_COOKIE, locale);
  location.reload();
}
