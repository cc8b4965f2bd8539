import * as m from '#lib/paraglide/messages.js';
import type { Services } from '#lib/server/services.server.ts';
import type { LayoutServerLoad } from './$types';

const tab = (href: string, label: string, [count, said]: readonly [string, string] = ['', '']) => ({
  href,
  label,
  count,
  said
});

/** 0 and not known show nothing: a tab is no place to tell them apart, its page is. */
async function waiting({ ingest }: Services, locale: string): Promise<readonly [string, string]> {
  const open = await ingest.quarantineOpen();
  if (!open.ok || open.value === 0) return ['', ''];
  const count = new Intl.NumberFormat(locale).format(open.value);
  return [count, m.quarantine_waiting({ n: open.value, count })];
}

export const load: LayoutServerLoad = async ({ locals, url }) => {
  return {
    // read, so that it is counted anew on the way from one page to another: a number beside a tab must not grow old
    countedAt: url.href,
    tabs: [
      tab('/settings/users', m.auth_tab_users()),
      tab('/settings/sources', m.src_tab()),
      tab('/settings/quarantine', m.quarantine_title(), await waiting(locals.services, locals.locale)),
      tab('/settings/keys', m.auth_tab_keys())
    ]
  };
};
