import { redirect } from '@sveltejs/kit';
import { isLocale, LOCALE_COOKIE } from '#lib/i18n/locales.ts';
import type { LayoutServerLoad } from './$types';

const YEAR_S = 365 * 86_400;

/** The languages at the foot are plain links: they work before any script, and before anybody is signed in. */
export const load: LayoutServerLoad = ({ url, cookies, locals }) => {
  const chosen = url.searchParams.get('lang');
  if (isLocale(chosen)) {
    // read by the browser too: its messages follow <html lang>
    cookies.set(LOCALE_COOKIE, chosen, {
      path: '/',
      maxAge: YEAR_S,
      sameSite: 'lax',
      httpOnly: false,
      secure: url.protocol === 'https:'
    });
    const rest = new URL(url);
    rest.searchParams.delete('lang');
    redirect(303, `${rest.pathname}${rest.search}`);
  }
  const { business, clock } = locals.services;
  return {
    business: business.name,
    timezone: business.timezone,
    now: clock()
  };
};
