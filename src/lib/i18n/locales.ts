/** The interface's languages: pt-BR first. */
export const LOCALES = ['pt-BR', 'en'] as const;
export type Locale = (typeof LOCALES)[number];
export const isLocale = (text: unknown): text is Locale => text === 'pt-BR' || text === 'en';

export const LOCALE_COOKIE = 'pulso_locale';
export const THEME_COOKIE = 'pulso_theme';
export type Theme = 'light' | 'dark';
export const isTheme = (text: unknown): text is Theme => text === 'light' || text === 'dark';
