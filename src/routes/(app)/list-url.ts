/** Links of a list: its filter, order and open row live in the URL. Pure. */

/** The same page with some parameters changed; `''` removes one. Another filter starts at the first rows again. */
export function hrefWith(url: URL, changes: Readonly<Record<string, string>>): string {
  const search = new URLSearchParams(url.searchParams);
  for (const [name, value] of Object.entries(changes)) {
    if (value === '') search.delete(name);
    else search.set(name, value);
  }
  if (!('open' in changes) && !('rows' in changes)) search.delete('rows');
  const text = search.toString();
  return text === '' ? url.pathname : `${url.pathname}?${text}`;
}

export interface Sorted<S extends string> {
  readonly sort: S;
  readonly dir: 'asc' | 'desc';
}
/** Where a column's head leads: the other direction if it is sorted by, else its own first direction. */
export const sortHref = <S extends string>(url: URL, current: Sorted<S>, column: S, first: 'asc' | 'desc'): string =>
  hrefWith(url, { sort: column, dir: current.sort === column ? (current.dir === 'asc' ? 'desc' : 'asc') : first });

export const sortedBy = <S extends string>(current: Sorted<S>, column: S): 'ascending' | 'descending' | 'none' =>
  current.sort !== column ? 'none' : current.dir === 'asc' ? 'ascending' : 'descending';
