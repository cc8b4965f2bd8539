import { expect, it } from 'vitest';
import { USER_ROLES } from '#lib/contracts/roles.ts';
import { navFor } from './nav.ts';

it('the way to the settings is the administrator’s, as the pages are', () => {
  for (const role of USER_ROLES)
    expect(
      navFor(role).some(({ href }) => href === '/settings'),
      role
    ).toBe(role === 'admin');
});
