/** A list that is longer than its room ends between two rows, not in the middle of one. */
import type { Attachment } from 'svelte/attachments';

/** The height of all whole rows that fit below the head; px. */
export function wholeHeight(room: number, head: number, row: number): number {
  return row <= 0 || room <= head + row ? room : head + Math.floor((room - head) / row) * row;
}

/** For the scrolled box of a table, or a scrolled list, in a column: what is left over stays free below it. */
export const wholeRows: Attachment<HTMLElement> = (node) => {
  const measure = (): void => {
    node.style.maxHeight = '';
    const head = node.querySelector('thead')?.offsetHeight ?? 0;
    const row =
      node.querySelector('tbody tr:not(:last-child), :scope > li:not(:last-child)')?.getBoundingClientRect().height ??
      0;
    if (node.scrollHeight <= node.clientHeight) return;
    node.style.maxHeight = `${String(wholeHeight(node.clientHeight, head, row))}px`;
  };
  measure();
  const observer = new ResizeObserver(measure);
  if (node.parentElement !== null) observer.observe(node.parentElement);
  return () => observer.disconnect();
};
