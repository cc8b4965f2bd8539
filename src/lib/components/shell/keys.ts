/** Single letters rest while a field has the focus, and can be turned off (look.md section 10). */
const OFF_KEY = 'pulso.letters_off';

export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));

export const lettersOff = (): boolean => localStorage.getItem(OFF_KEY) === '1';
export const setLettersOff = (off: boolean): void => {
  if (off) localStorage.setItem(OFF_KEY, '1');
  else localStorage.removeItem(OFF_KEY);
};

export type RowKey = 'next' | 'previous' | 'open' | 'close';
const ALWAYS: Readonly<Record<string, RowKey>> = {
  ArrowDown: 'next',
  ArrowUp: 'previous',
  Enter: 'open',
  Escape: 'close'
};
const LETTERS: Readonly<Record<string, RowKey>> = { j: 'next', k: 'previous' };

/** What a key means to a list; undefined: nothing, or somebody is typing. */
export function rowKey(event: KeyboardEvent): RowKey | undefined {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return undefined;
  if (event.key === 'Escape') return 'close';
  if (isTyping(event.target)) return undefined;
  // a focused link or button keeps its own Enter
  if (event.key === 'Enter' && event.target instanceof HTMLElement && ['A', 'BUTTON'].includes(event.target.tagName))
    return undefined;
  return ALWAYS[event.key] ?? (lettersOff() ? undefined : LETTERS[event.key.toLowerCase()]);
}
