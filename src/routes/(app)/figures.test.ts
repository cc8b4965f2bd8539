import { describe, expect, it } from 'vitest';
import { KPI_FACTS } from '#lib/contracts/kpi.ts';
import { USER_ROLES } from '#lib/contracts/roles.ts';
import { overviewRows } from './figures.ts';

describe('the overview', () => {
  it('shows a collector nothing but what is owed', () => {
    const { first, second, beside } = overviewRows('collector');
    expect([...first, ...second, ...beside].every((id) => KPI_FACTS[id].group === 'delinquency')).toBe(true);
    expect(first).toContain('receivables-overdue');
  });
  it.each(USER_ROLES)('fills its columns for %s: the leading figure takes two of six', (role) => {
    const { first, second } = overviewRows(role);
    expect(first.length + 1).toBe(6);
    expect([0, 6]).toContain(second.length);
  });
});
