import { fail } from '@sveltejs/kit';
import * as z from 'zod';
import { QUARANTINE_CODES } from '#lib/contracts/ingest.ts';
import { RESOLVED_DAYS, type QuarantineRow, type ReplayAnswer, type ReplayError } from '#lib/contracts/quarantine.ts';
import type { IngestFailure, Services } from '#lib/server/services.server.ts';
import type { WhatIf } from '#lib/server/what-if-answer.server.ts';
import type { Actions, PageServerLoad } from './$types';

const PAGE_ROWS = 100;
const Id = z.coerce.number().int().positive();
/** what is not understood is left out: an address typed by hand still leads to the page */
const Search = z.object({
  code: z.enum(QUARANTINE_CODES).optional().catch(undefined),
  source: z.string().min(1).optional().catch(undefined),
  before: Id.optional().catch(undefined),
  row: Id.optional().catch(undefined)
});

async function openRow({ ingest }: Services, id: number | undefined): Promise<QuarantineRow | null> {
  if (id === undefined) return null;
  const found = await ingest.quarantine({ status: 'any', before: id + 1, limit: 1 });
  const row = found.ok ? found.value.rows[0] : undefined;
  return row?.quarantine_id === id ? row : null;
}

export const load: PageServerLoad = async ({ locals, url }) => {
  const { ingest, clock } = locals.services;
  const { row, code, source, before } = Search.parse(Object.fromEntries(url.searchParams));
  const filter = {
    ...(code !== undefined && { code }),
    ...(source !== undefined && { source }),
    ...(before !== undefined && { before })
  };
  const [reasons, rows, open] = await Promise.all([
    ingest.quarantineReasons(),
    ingest.quarantine({ ...filter, limit: PAGE_ROWS, raw: 'false' }),
    openRow(locals.services, row)
  ]);
  const away: IngestFailure['kind'] | null = !reasons.ok ? reasons.failure.kind : !rows.ok ? rows.failure.kind : null;
  return {
    away,
    reasons: reasons.ok ? reasons.value.reasons : [],
    resolved: reasons.ok ? reasons.value.resolved : [],
    resolvedDays: RESOLVED_DAYS,
    rows: rows.ok ? rows.value.rows : [],
    nextBefore: rows.ok ? rows.value.next_before : null,
    code: code ?? null,
    source: source ?? null,
    open,
    now: clock()
  };
};

const One = z.object({ id: Id, text: z.string().max(512 * 1024) });
const Several = z.object({ ids: z.array(Id).min(1).max(PAGE_ROWS) });

export type Code = 'invalid' | IngestFailure['kind'];
export interface Tested {
  readonly id: number;
  /** the very text that was tested: only it may be replayed */
  readonly text: string;
  readonly at: number;
  readonly error: ReplayError | null;
  /** null: it would not be stored, or the figures cannot be asked now */
  readonly whatIf: WhatIf | null;
}
interface Outcome {
  readonly code: Code | null;
  readonly tested: Tested | null;
  readonly replayed: ReplayAnswer | null;
}
const NOTHING: Outcome = { code: null, tested: null, replayed: null };
const STATUS = { invalid: 400, unreachable: 503, refused: 502 } as const satisfies Record<Code, number>;
const refused = (code: Code) => fail(STATUS[code], { ...NOTHING, code } satisfies Outcome);
const told = (replayed: ReplayAnswer): Outcome => ({ ...NOTHING, replayed });

export const actions: Actions = {
  test: async ({ request, locals }) => {
    const { ingest, figures, clock } = locals.services;
    const input = One.safeParse(Object.fromEntries(await request.formData()));
    if (!input.success) return refused('invalid');
    const { id, text } = input.data;
    const tested = await ingest.testReplay({ ids: [id], bodies: { [id]: text }, dry_run: true });
    if (!tested.ok) return refused(tested.failure.kind);
    const { answer, effects } = tested.value;
    const whatIf = answer.replayed > 0 ? await figures.whatIf(effects) : null;
    const error = answer.errors[0] ?? null;
    return {
      ...NOTHING,
      tested: { id, text, at: clock(), error, whatIf: whatIf?.ok === true ? whatIf.value : null }
    } satisfies Outcome;
  },
  replay: async ({ request, locals }) => {
    const input = One.safeParse(Object.fromEntries(await request.formData()));
    if (!input.success) return refused('invalid');
    const { id, text } = input.data;
    const answer = await locals.services.ingest.replay({ ids: [id], bodies: { [id]: text }, dry_run: false });
    return answer.ok ? told(answer.value) : refused(answer.failure.kind);
  },
  again: async ({ request, locals }) => {
    const form = await request.formData();
    const input = Several.safeParse({ ids: form.getAll('id') });
    if (!input.success) return refused('invalid');
    const answer = await locals.services.ingest.replay({ ids: input.data.ids, dry_run: false });
    return answer.ok ? told(answer.value) : refused(answer.failure.kind);
  }
};
