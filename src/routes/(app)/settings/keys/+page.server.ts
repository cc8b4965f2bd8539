import { fail } from '@sveltejs/kit';
import * as z from 'zod';
import { USER_ROLES } from '#lib/contracts/roles.ts';
import type { IngestKey } from '#lib/contracts/internal.ts';
import type { ReadTokenRow, Services } from '#lib/server/services.server.ts';
import { areFamilies, EVENT_FAMILIES, inFamilies, typesOf } from './event-families.server.ts';
import type { KeyLine } from './key-line.ts';
import type { Actions, PageServerLoad } from './$types';

const ofIngest = (key: IngestKey): KeyLine => ({
  kind: 'ingest',
  id: key.key_id,
  name: key.name,
  last4: key.last4,
  scopes: key.scopes,
  sources: key.sources,
  types: inFamilies(key.types),
  rate: key.rate,
  role: null,
  created_at: key.created_at,
  last_used_at: key.last_used_at,
  revoked_at: key.revoked_at,
  expires_at: key.expires_at
});
const ofToken = (token: ReadTokenRow): KeyLine => ({
  kind: 'read',
  id: token.token_id,
  name: token.name,
  last4: token.last4,
  scopes: [],
  sources: [],
  types: [],
  rate: null,
  role: token.role,
  created_at: token.created_at,
  last_used_at: token.last_used_at,
  revoked_at: token.revoked_at,
  expires_at: null
});
/** open ones first, newest first */
const byAge = (a: KeyLine, b: KeyLine): number =>
  Number(a.revoked_at !== null) - Number(b.revoked_at !== null) || b.created_at - a.created_at;

export const load: PageServerLoad = async ({ locals }) => {
  const { auth, ingest, clock } = locals.services;
  const keys = await ingest.keys();
  return {
    lines: [...(keys.ok ? keys.value.map(ofIngest) : []), ...auth.readTokens().map(ofToken)].toSorted(byAge),
    away: keys.ok ? null : keys.failure.kind,
    families: EVENT_FAMILIES,
    now: clock()
  };
};

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
const rate = z.union([z.literal('').transform(() => null), z.coerce.number().int().min(1).max(1_000_000)]);
const New = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('read'), name: z.string().trim().min(1).max(80), role: z.enum(USER_ROLES) }),
  z.object({
    kind: z.enum(['ingest', 'quarantine']),
    name: z.string().trim().min(1).max(80),
    sources: z.string().trim().max(2000),
    families: z.array(z.string()),
    rate
  })
]);
/** the old key goes on for so long */
const Rotate = z.object({ id: z.string().min(1).max(100), hours: z.coerce.number().min(0).max(720) });
const One = z.object({ kind: z.enum(['ingest', 'read']), id: z.string().min(1).max(100) });

type Code = 'invalid' | 'unknown_family' | 'no_source' | 'not_found' | 'unreachable' | 'refused';
interface Outcome {
  readonly code: Code | null;
  readonly once: { readonly id: string; readonly name: string; readonly secret: string } | null;
}
const STATUS = {
  invalid: 400,
  unknown_family: 400,
  no_source: 400,
  not_found: 404,
  unreachable: 503,
  refused: 502
} as const satisfies Record<Code, number>;
const refused = (code: Code) => fail(STATUS[code], { code, once: null } satisfies Outcome);

async function add({ auth, ingest }: Services, input: z.infer<typeof New>): Promise<Outcome> {
  const { name } = input;
  if (input.kind === 'read') {
    const { token_id, secret } = auth.addReadToken(name, input.role);
    return { code: null, once: { id: token_id, name, secret } };
  }
  const { kind, families, rate: perSecond } = input;
  const sources = listOf(input.sources);
  // no source and no type mean every one: what names none by mistake must not come to mean that
  if (input.sources !== '' && sources.length === 0) return { code: 'no_source', once: null };
  if (!areFamilies(families)) return { code: 'unknown_family', once: null };
  const added = await ingest.addKey({ name, scopes: [kind], sources, types: typesOf(families), rate: perSecond });
  if (!added.ok) return { code: added.failure.kind, once: null };
  return { code: null, once: { id: added.value.key.key_id, name, secret: added.value.secret } };
}

export const actions: Actions = {
  add: async ({ request, locals }) => {
    const form = await request.formData();
    const input = New.safeParse({ ...Object.fromEntries(form), families: form.getAll('family') });
    if (!input.success) return refused('invalid');
    const outcome = await add(locals.services, input.data);
    return outcome.code === null ? outcome : refused(outcome.code);
  },
  rotate: async ({ request, locals }) => {
    const input = Rotate.safeParse(Object.fromEntries(await request.formData()));
    if (!input.success) return refused('invalid');
    const rotated = await locals.services.ingest.rotateKey(input.data.id, input.data.hours);
    if (!rotated.ok) return refused(rotated.failure.kind);
    const { key, secret } = rotated.value;
    return { code: null, once: { id: key.key_id, name: key.name, secret } } satisfies Outcome;
  },
  revoke: async ({ request, locals }) => {
    const input = One.safeParse(Object.fromEntries(await request.formData()));
    if (!input.success) return refused('invalid');
    const { auth, ingest } = locals.services;
    if (input.data.kind === 'read') {
      return auth.revokeReadToken(input.data.id)
        ? ({ code: null, once: null } satisfies Outcome)
        : refused('not_found');
    }
    const revoked = await ingest.revokeKey(input.data.id);
    return revoked.ok ? ({ code: null, once: null } satisfies Outcome) : refused(revoked.failure.kind);
  }
};
