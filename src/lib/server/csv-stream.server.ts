/** A list as a CSV download, page by page, so that its size does not matter. */
import { BYTE_ORDER_MARK, csvLine, type Cell } from '#lib/domain/csv.ts';
import type { Language } from '#lib/domain/format.ts';

/** 1,000 pages of a list: beyond it something is wrong with its cursor */
const PAGES_MAX = 1_000;

export interface CsvPage {
  readonly rows: readonly (readonly Cell[])[];
  readonly next: string | null;
}
/** @param read throws when a page cannot be read: the download then breaks off, it does not end as if it were whole */
export function csvResponse(
  name: string,
  head: readonly string[],
  language: Language,
  read: (cursor: string | undefined) => Promise<CsvPage>
): Response {
  const text = new TextEncoder();
  let cursor: string | undefined;
  let pages = 0;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(text.encode(BYTE_ORDER_MARK + csvLine(head, language)));
    },
    async pull(controller) {
      if (++pages > PAGES_MAX) throw new Error(`more than ${PAGES_MAX} pages`);
      const page = await read(cursor);
      controller.enqueue(text.encode(page.rows.map((row) => csvLine(row, language)).join('')));
      if (page.next === null) controller.close();
      else cursor = page.next;
    }
  });
  return new Response(body, {
    headers: { 'content-type': 'text/csv; charset=utf-8', 'content-disposition': `attachment; filename="${name}"` }
  });
}
