import { expect, it } from 'vitest';
import { USER_ROLES } from '#lib/contracts/roles.ts';
import { sectionsFor } from './nav.ts';

it('tabs of the settings are the administrator’s, as the pages are', () => {
  for (const role of USER_ROLES)
    expect(sectionsFor(role, '/settings/users'), role).toHaveLength(role === 'admin' ? 2 : 0);
  expect(sectionsFor('admin', '/stock')).toEqual([]);
});
