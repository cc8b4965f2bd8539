import { describe, expect, it } from 'vitest';
import { parseQuery } from './delinquency/query.ts';
import { hrefWith, sortedBy, sortHref } from './list-url.ts';

const url = (search: string): URL => new URL(`http://localhost/delinquency${search}`);

describe('list links', () => {
  it('keep what they do not change, and start over when the filter changes', () => {
    expect(hrefWith(url('?q=casa&rows=200&as_of=x'), { bucket: '1_30' })).toBe(
      '/delinquency?q=casa&as_of=x&bucket=1_30'
    );
    expect(hrefWith(url('?rows=200'), { open: 'c1' })).toBe('/delinquency?rows=200&open=c1');
    expect(hrefWith(url('?open=c1'), { open: '' })).toBe('/delinquency');
  });
  it('turn the order around on the second press', () => {
    const current = { sort: 'open_minor', dir: 'desc' } as const;
    expect(sortHref<'open_minor' | 'due_date'>(url(''), current, 'open_minor', 'desc')).toContain('dir=asc');
    expect(sortHref<'open_minor' | 'due_date'>(url(''), current, 'due_date', 'asc')).toContain('sort=due_date&dir=asc');
    expect(sortedBy(current, 'open_minor')).toBe('descending');
    expect(sortedBy<string>(current, 'due_date')).toBe('none');
  });
  it('read unknown values as the default', () => {
    expect(parseQuery(url('?bucket=junk&rows=7&dir=up'))).toMatchObject({ bucket: 'overdue', rows: 100, dir: 'desc' });
    expect(parseQuery(url('?bucket=31_60&rows=300'))).toMatchObject({ bucket: '31_60', rows: 300 });
  });
});
