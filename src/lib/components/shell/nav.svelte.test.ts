import { expect, it } from 'vitest';
import { USER_ROLES } from '#lib/contracts/roles.ts';
import { sectionsFor } from './nav.ts';

it('tabs of the settings are the administrator’s, as the pages are', () => {
  for (const role of USER_ROLES) expect(sectionsFor(role, '/settings/users').length > 1, role).toBe(role === 'admin');
  for (const role of USER_ROLES.filter((one) => one !== 'admin'))
    expect(sectionsFor(role, '/settings/users')).toEqual([]);
  expect(sectionsFor('admin', '/stock')).toEqual([]);
});
