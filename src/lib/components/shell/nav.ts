/** The pages of the shell: who sees them, what they are called, which letter leads there after `G`. */
import type { Component } from 'svelte';
import CalendarClock from '@lucide/svelte/icons/calendar-clock';
import LayoutGrid from '@lucide/svelte/icons/layout-grid';
import Monitor from '@lucide/svelte/icons/monitor';
import Package from '@lucide/svelte/icons/package';
import Settings from '@lucide/svelte/icons/settings';
import WalletMinimal from '@lucide/svelte/icons/wallet';
import { may, type Permission, type Role } from '#lib/contracts/roles.ts';
import * as m from '#lib/paraglide/messages.js';

export interface NavEntry {
  readonly href: string;
  readonly group: 'watch' | 'system';
  readonly label: () => string;
  /** for the tab bar of a phone */
  readonly short: () => string;
  readonly icon: Component<{ size?: number | string }>;
  /** null: every signed-in role */
  readonly permission: Permission | null;
  readonly key: string | null;
}

const NAV: readonly NavEntry[] = [
  {
    href: '/',
    group: 'watch',
    label: m.nav_overview,
    short: m.nav_overview_short,
    icon: LayoutGrid,
    permission: null,
    key: 'v'
  },
  {
    href: '/cash',
    group: 'watch',
    label: m.nav_cash,
    short: m.nav_cash,
    icon: WalletMinimal,
    permission: 'figures:cash',
    key: 'c'
  },
  {
    href: '/delinquency',
    group: 'watch',
    label: m.nav_delinquency,
    short: m.nav_delinquency_short,
    icon: CalendarClock,
    permission: 'figures:delinquency',
    key: 'i'
  },
  {
    href: '/stock',
    group: 'watch',
    label: m.nav_stock,
    short: m.nav_stock,
    icon: Package,
    permission: 'figures:stock',
    key: 'e'
  },
  { href: '/wall', group: 'system', label: m.nav_wall, short: m.nav_wall, icon: Monitor, permission: null, key: null },
  {
    href: '/settings',
    group: 'system',
    label: m.nav_settings,
    short: m.nav_settings,
    icon: Settings,
    permission: 'admin',
    key: null
  }
];

export const navFor = (role: Role): readonly NavEntry[] =>
  NAV.filter(({ permission }) => permission === null || may(role, permission));

/** The entry a path belongs to: the longest that it starts with. */
export function entryOf(pathname: string): NavEntry | undefined {
  return NAV.filter(({ href }) => pathname === href || (href !== '/' && pathname.startsWith(`${href}/`))).at(-1);
}
