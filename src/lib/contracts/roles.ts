/** Roles and what they may do (design.md section 5). Browser-safe leaf: pages hide what the server would refuse. */
export const ROLES = ['admin', 'manager', 'collector', 'viewer', 'device'] as const;
export type Role = (typeof ROLES)[number];
/** Roles a person can have. */
export const USER_ROLES = ['admin', 'manager', 'collector', 'viewer'] as const;
export type UserRole = (typeof USER_ROLES)[number];

export const PERMISSIONS = [
  'figures:cash',
  'figures:stock',
  'figures:sales',
  'figures:delinquency',
  'people:read',
  'feed:cash',
  'collections:write',
  'targets:write',
  'admin'
] as const;
export type Permission = (typeof PERMISSIONS)[number];

export const ROLE_PERMISSIONS = {
  admin: PERMISSIONS,
  manager: [
    'figures:cash',
    'figures:stock',
    'figures:sales',
    'figures:delinquency',
    'people:read',
    'feed:cash',
    'collections:write',
    'targets:write'
  ],
  collector: ['figures:delinquency', 'people:read', 'collections:write'],
  viewer: ['figures:cash', 'figures:stock', 'figures:sales', 'figures:delinquency'],
  device: ['figures:cash', 'figures:stock', 'figures:sales', 'figures:delinquency']
} as const satisfies Record<Role, readonly Permission[]>;

export const may = (role: Role, permission: Permission): boolean =>
  ROLE_PERMISSIONS[role].some((granted) => granted === permission);
