import type { Role } from '#lib/contracts/roles.ts';
import * as m from '#lib/paraglide/messages.js';

const NAMES = {
  admin: m.role_admin,
  manager: m.role_manager,
  collector: m.role_collector,
  viewer: m.role_viewer,
  device: m.nav_wall
} as const satisfies Record<Role, () => string>;

/** What a role is called. */
export const roleName = (role: Role): string => NAMES[role]();
