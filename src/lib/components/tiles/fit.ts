/** A value that does not fit narrows on the font's width axis; it never shrinks, wraps or loses digits. */
import type { Attachment } from 'svelte/attachments';

/** @param text what is shown: another text is measured again */
export const fit =
  (text: string): Attachment<HTMLElement> =>
  (node) => {
    const measure = (): void => {
      delete node.dataset.narrow;
      if (text === '' || node.scrollWidth <= node.clientWidth) return;
      node.dataset.narrow = '1';
      if (node.scrollWidth > node.clientWidth) node.dataset.narrow = '2';
    };
    measure();
    const observer = new ResizeObserver(measure);
    if (node.parentElement !== null) observer.observe(node.parentElement);
    return () => observer.disconnect();
  };
