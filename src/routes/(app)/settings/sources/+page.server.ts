import { fail, redirect } from '@sveltejs/kit';
import type { SourceCreated } from '#lib/contracts/sources.ts';
import type { Result } from '#lib/contracts/result.ts';
import { readFlow } from '#lib/server/flow.server.ts';
import type { SourceFailure } from '#lib/server/services.server.ts';
import { AddForm, OneForm, RotateForm, SaveForm } from './source-form.server.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, url }) => {
  const { sources, clock } = locals.services;
  const [listed, flow] = await Promise.all([sources.list(), readFlow(locals.services)]);
  const all = listed.ok ? listed.value : [];
  const open = all.find(({ source }) => source === url.searchParams.get('source'));
  const deliveries = open === undefined ? null : await sources.deliveries(open.source);
  return {
    sources: all,
    away: listed.ok ? null : listed.failure.kind,
    deliveries: deliveries?.ok === true ? deliveries.value : [],
    flow,
    ingestUrl: sources.ingestUrl,
    now: clock()
  };
};

type Code = SourceFailure['kind'] | 'invalid';
interface Outcome {
  readonly code: Code | null;
  /** a secret made by us, to be shown this once */
  readonly once: { readonly made: 'added' | 'rotated'; readonly source: string; readonly secret: string } | null;
  readonly saved: boolean;
}
const STATUS = {
  invalid: 400,
  unusable: 400,
  not_found: 404,
  taken: 409,
  refused: 502,
  unreachable: 503
} as const satisfies Record<Code, number>;
const refused = (code: Code) => fail(STATUS[code], { code, once: null, saved: false } satisfies Outcome);

function answer(result: Result<SourceCreated, SourceFailure>, made: 'added' | 'rotated') {
  if (!result.ok) return refused(result.failure.kind);
  const { source, secret } = result.value;
  const once = secret === null ? null : { made, source: source.source, secret };
  return { code: null, once, saved: secret === null } satisfies Outcome;
}

export const actions: Actions = {
  add: async ({ request, locals }) => {
    const input = AddForm.safeParse(Object.fromEntries(await request.formData()));
    if (!input.success) return refused('invalid');
    const added = await locals.services.sources.add({ ...input.data, settings: {}, silent_after_minutes: null });
    // nothing to show this once: on to its own page
    if (added.ok && added.value.secret === null)
      redirect(303, `/settings/sources?source=${encodeURIComponent(input.data.source)}`);
    return answer(added, 'added');
  },
  save: async ({ request, locals }) => {
    const input = SaveForm.safeParse(Object.fromEntries(await request.formData()));
    if (!input.success) return refused('invalid');
    const { source, silent_after_minutes, settings } = input.data;
    const saved = await locals.services.sources.change(source, { settings, silent_after_minutes });
    return saved.ok ? ({ code: null, once: null, saved: true } satisfies Outcome) : refused(saved.failure.kind);
  },
  rotate: async ({ request, locals }) => {
    const input = RotateForm.safeParse(Object.fromEntries(await request.formData()));
    if (!input.success) return refused('invalid');
    const { source, ...change } = input.data;
    return answer(await locals.services.sources.rotate(source, change), 'rotated');
  },
  end: async ({ request, locals }) => {
    const input = OneForm.safeParse(Object.fromEntries(await request.formData()));
    if (!input.success) return refused('invalid');
    return answer(await locals.services.sources.endEarlier(input.data.source), 'rotated');
  },
  disable: async ({ request, locals }) => {
    const input = OneForm.safeParse(Object.fromEntries(await request.formData()));
    if (!input.success) return refused('invalid');
    const off = await locals.services.sources.change(input.data.source, { disabled: true });
    return off.ok ? ({ code: null, once: null, saved: true } satisfies Outcome) : refused(off.failure.kind);
  },
  enable: async ({ request, locals }) => {
    const input = OneForm.safeParse(Object.fromEntries(await request.formData()));
    if (!input.success) return refused('invalid');
    const on = await locals.services.sources.change(input.data.source, { disabled: false });
    return on.ok ? ({ code: null, once: null, saved: true } satisfies Outcome) : refused(on.failure.kind);
  }
};
