/** What the routes of the public API share: parameters, and failures as problems (RFC 9457). */
import * as z from 'zod';
import { parseInstant } from '#lib/contracts/time.ts';
import { problem } from '#lib/server/auth/problem.server.ts';
import type { AskFailure } from '#lib/server/services.server.ts';

/** Clocks differ: as_of may lie so far ahead of ours. */
const AHEAD_MS = 5_000;
const LIMIT_MAX = 1_000;

/** An empty parameter is one left out. */
const given = (value: unknown): unknown => (value === '' || value === null ? undefined : value);
export const optional = <S extends z.ZodType>(schema: S) => z.preprocess(given, schema.optional());

/** @param now epoch ms */
export const asOfParam = (now: number) =>
  optional(
    z.string().transform((text, context) => {
      const ms = parseInstant(text);
      if (ms !== undefined && ms <= now + AHEAD_MS) return ms;
      const message =
        ms === undefined
          ? 'expected an RFC 3339 time with its zone, such as 2026-11-24T14:05:00-03:00'
          : 'lies in the future';
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    })
  );
export const limitParam = optional(z.coerce.number().int().min(1).max(LIMIT_MAX));
export const flagParam = optional(z.enum(['true', 'false']).transform((flag) => flag === 'true'));

/** Parameters by schema, or the problem that names the first wrong one. */
export function readParams<S extends z.ZodType>(
  url: URL,
  schema: S
): { readonly ok: true; readonly params: z.output<S> } | { readonly ok: false; readonly response: Response } {
  const parsed = schema.safeParse(Object.fromEntries(url.searchParams));
  if (parsed.success) return { ok: true, params: parsed.data };
  const [issue] = parsed.error.issues;
  return {
    ok: false,
    response: problem(400, 'invalid_parameter', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`)
  };
}

export function askProblem({ kind }: AskFailure): Response {
  switch (kind) {
    case 'unavailable':
      return problem(503, 'clickhouse_unreachable', 'The figures cannot be read now', { 'retry-after': '2' });
    case 'not_found':
      return problem(404, 'not_found', 'No such resource');
    case 'invalid_cursor':
      return problem(400, 'invalid_cursor', 'cursor: none of ours');
  }
}

export const answer = (body: unknown): Response =>
  new Response(JSON.stringify(body), {
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' }
  });
