import { describe, expect, it } from 'vitest';
import { KPI_FACTS } from '#lib/contracts/kpi.ts';
import { may, ROLES } from '#lib/contracts/roles.ts';
import { boardsFor, figuresOf } from './boards.ts';

describe('walls', () => {
  it.each(ROLES)('show %s nothing beyond its figures', (role) => {
    for (const board of boardsFor(role, null)) {
      for (const id of figuresOf(board)) expect(may(role, `figures:${KPI_FACTS[id].group}`)).toBe(true);
    }
  });
  it('stay on one board when asked to, and ignore one that is not theirs', () => {
    expect(boardsFor('manager', 'stock').map(({ id }) => id)).toEqual(['stock']);
    expect(boardsFor('collector', 'cash').map(({ id }) => id)).toEqual(['delinquency']);
    expect(boardsFor('viewer', null)).toHaveLength(4);
  });
});
