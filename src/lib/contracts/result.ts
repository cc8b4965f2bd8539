/** An expected failure at a boundary is a value, not an exception. `kind` is a closed union per boundary. */
export type Result<T, F extends { readonly kind: string; readonly retryable: boolean }> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: F };

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });
export const fail = <F extends { readonly kind: string; readonly retryable: boolean }>(
  failure: F
): { readonly ok: false; readonly failure: F } => ({ ok: false, failure });
