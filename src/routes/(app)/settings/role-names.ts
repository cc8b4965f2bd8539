/** Roles in words. */
import type { Role, UserRole } from '#lib/contracts/roles.ts';
import * as m from '#lib/paraglide/messages.js';

const NAMES = {
  admin: m.auth_role_admin,
  manager: m.auth_role_manager,
  collector: m.auth_role_collector,
  viewer: m.auth_role_viewer,
  device: m.auth_role_device
} as const satisfies Record<Role, () => string>;
export const roleName = (role: Role): string => NAMES[role]();

const DOES = {
  admin: m.auth_role_admin_does,
  manager: m.auth_role_manager_does,
  collector: m.auth_role_collector_does,
  viewer: m.auth_role_viewer_does
} as const satisfies Record<UserRole, () => string>;
/** what the role sees and does, in half a line */
export const roleDoes = (role: UserRole): string => DOES[role]();
