/** Roles in half a line, beside their names. */
import type { UserRole } from '#lib/contracts/roles.ts';
import * as m from '#lib/paraglide/messages.js';

const DOES = {
  admin: m.auth_role_admin_does,
  manager: m.auth_role_manager_does,
  collector: m.auth_role_collector_does,
  viewer: m.auth_role_viewer_does
} as const satisfies Record<UserRole, () => string>;

/** What the role sees and does. */
export const roleDoes = (role: UserRole): string => DOES[role]();
