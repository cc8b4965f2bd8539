/** A list as a page takes it: its value, or null where it could not be read: the page says so and offers to try again. */
import type { Result } from '#lib/contracts/result.ts';

export const listed = <T, F extends { readonly kind: string; readonly retryable: boolean }>(
  result: Result<T, F>
): T | null => (result.ok ? result.value : null);
