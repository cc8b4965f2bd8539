/**
 * What does not fit narrows on the font's width axis; it never shrinks, wraps or loses digits. `data-narrow` tells how far it went:
 * 1 and 2 narrow the letters, what comes after them is the component's own (shorter words).
 */
import type { Attachment } from 'svelte/attachments';

/**
 * @param text what is shown: another text is measured again
 * @param steps how many there are
 */
export const fit =
  (text: string, steps = 2): Attachment<HTMLElement> =>
  (node) => {
    const measure = (): void => {
      delete node.dataset.narrow;
      if (text === '') return;
      for (let step = 1; step <= steps && node.scrollWidth > node.clientWidth; step++)
        node.dataset.narrow = String(step);
    };
    measure();
    const observer = new ResizeObserver(measure);
    if (node.parentElement !== null) observer.observe(node.parentElement);
    return () => observer.disconnect();
  };
