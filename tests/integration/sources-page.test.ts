/** `/settings/sources` over HTTP, with the real ingest service behind its internal API. ClickHouse is not needed for it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startIngest, type Ingest } from '#ingest/service.ts';
import { fail, ok } from '#lib/contracts/result.ts';
import type { WebhookSource } from '#lib/contracts/sources.ts';
import { createAuth, type AuthStore } from '#lib/server/auth/auth.server.ts';
import type { IngestAdmin, SourcesAdmin } from '#lib/server/services.server.ts';
import { FlowAnswer } from '#lib/contracts/flow.ts';
import { createIngestAdmin } from '#lib/server/ingest-client.server.ts';
import { createSourcesAdmin } from '#lib/server/sources-client.server.ts';
import { startKit, type KitServer } from '../support/kit-server.ts';

const TOKEN = 'test-internal-token-0123456789';
const ADMIN = { email: 'otavio@ipe.exemplo', password: 'barco de papel azul' };

let dataDir: string;
let auth: AuthStore;
let ingest: Ingest;
let sources: SourcesAdmin;
let admin: IngestAdmin;
let kit: KitServer;
let cookie: string;
/** what the ingest service's clock adds to ours */
let ahead = 0;
/** how many wait in quarantine, which ClickHouse would say */
let open = 0;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pulso-sources-page-'));
  auth = await createAuth({
    dataDir,
    clock: Date.now,
    log: { info: () => undefined, warn: () => undefined },
    adminEmail: ADMIN.email,
    adminPassword: ADMIN.password
  });
  ingest = await startIngest({
    host: '127.0.0.1',
    port: 0,
    dataDir,
    internalToken: TOKEN,
    journalBytesMax: 64 * 1024 * 1024,
    findClickHouse: () => null,
    bootId: 'test',
    log: pino({ level: 'silent' }),
    now: () => Date.now() + ahead,
    random: Math.random
  });
  const at = { url: `http://127.0.0.1:${ingest.port}`, token: TOKEN };
  sources = createSourcesAdmin(at);
  admin = { ...createIngestAdmin(at), quarantineOpen: () => Promise.resolve(ok(open)) };
  kit = await startKit(auth, admin, undefined, sources);
  const entered = await auth.login(ADMIN.email, ADMIN.password, '192.0.2.1');
  if (!entered.ok) throw new Error(entered.failure.kind);
  cookie = `pulso_session=${entered.value.session_token}`;
});
afterAll(async () => {
  await kit.close();
  await ingest.stop();
  auth.close();
  await rm(dataDir, { recursive: true, force: true });
});

const page = async (search = ''): Promise<string> =>
  (await fetch(`${kit.origin}/settings/sources${search}`, { headers: { cookie } })).text();
const post = (action: string, fields: Record<string, string>) =>
  fetch(`${kit.origin}/settings/sources?/${action}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie, accept: 'text/html' },
    body: new URLSearchParams(fields)
  });
async function known(name: string): Promise<WebhookSource | undefined> {
  const listed = await sources.list();
  if (!listed.ok) throw new Error(listed.failure.kind);
  return listed.value.find(({ source }) => source === name);
}

describe('/settings/sources', () => {
  it('adds a source, shows the secret it made this once, and the address to paste', async () => {
    const answer = await post('add', { platform: 'asaas', source: 'asaas-matriz', secret: '' });
    const text = await answer.text();
    expect(text).toContain('Fonte criada: asaas-matriz');
    const secret = /value="([\w-]{43})"/.exec(text)?.[1] ?? '';
    expect(secret).not.toBe('');
    const open = await page('?source=asaas-matriz');
    expect(open).toContain('/v1/webhooks/asaas/asaas-matriz');
    expect(open).toContain(`termina em ${secret.slice(-4)}`);
    expect(open).not.toContain(secret);
    expect((await post('add', { platform: 'pix', source: 'asaas-matriz', secret: '' })).status).toBe(409);
    expect((await post('add', { platform: 'pix', source: 'com espaço', secret: '' })).status).toBe(400);
  });

  it('a platform that gives its secret wants it; then it leads on to the source', async () => {
    expect((await post('add', { platform: 'stripe', source: 'stripe-loja', secret: '' })).status).toBe(400);
    const added = await post('add', { platform: 'stripe', source: 'stripe-loja', secret: 'whsec_dado' });
    expect([added.status, added.headers.get('location')]).toEqual([303, '/settings/sources?source=stripe-loja']);
    expect(await page()).not.toContain('whsec_dado');
  });

  it('keeps accounts, fees, the table of items and the alarm', async () => {
    const fields = {
      account: 'conta',
      bank_account: 'itaú',
      cash_account: 'caixa',
      fee_percent: '0,99',
      fee_fixed: '0,40',
      reference: 'order'
    };
    expect((await post('save', { source: 'asaas-matriz', silent_after_minutes: '30', ...fields })).status).toBe(200);
    expect(await known('asaas-matriz')).toMatchObject({
      silent_after_minutes: 30,
      settings: { account: 'conta', bank_account: 'itaú', fee_bps: 99, fee_fixed_minor: 40, reference: 'order' }
    });
    await post('add', { platform: 'shopify', source: 'loja', secret: 'shpss_dado' });
    await post('save', { source: 'loja', silent_after_minutes: '', currency: 'BRL', skus: '271878346596884015;CAFE' });
    expect((await known('loja'))?.settings).toMatchObject({ skus: { '271878346596884015': 'CAFE' } });
    expect(await page('?source=loja')).toContain('271878346596884015;CAFE');
    expect((await post('save', { source: 'loja', silent_after_minutes: 'x' })).status).toBe(400);
    expect((await post('save', { source: 'nenhuma', silent_after_minutes: '' })).status).toBe(404);
  });

  it('changes the secret with an overlap, ends the earlier one, switches a source off and on', async () => {
    await post('rotate', { source: 'stripe-loja', secret: 'whsec_novo', overlap_hours: '2' });
    expect((await known('stripe-loja'))?.secrets.map(({ last4 }) => last4)).toEqual(['novo', 'dado']);
    expect(await page('?source=stripe-loja')).toContain('aceito até');
    await post('end', { source: 'stripe-loja' });
    expect((await known('stripe-loja'))?.secrets.map(({ last4 }) => last4)).toEqual(['novo']);
    await post('disable', { source: 'stripe-loja' });
    expect(await page()).toContain('Desativada');
    await post('enable', { source: 'stripe-loja' });
    expect((await known('stripe-loja'))?.disabled_at).toBeNull();
  });

  it('warns of a source that has been silent for longer than it should', async () => {
    expect(await page()).not.toContain('sem entregas desde');
    ahead = 31 * 60_000;
    const text = await page();
    ahead = 0;
    expect(text).toContain('asaas-matriz sem entregas desde');
    expect(text).toContain('Silêncio');
  });
});

describe('the flow of events on /settings/sources', () => {
  const asked = async (): Promise<FlowAnswer> => {
    const answer = await fetch(`${kit.origin}/settings/sources/flow`, { headers: { cookie } });
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'private, no-store']);
    return FlowAnswer.parse(await answer.json());
  };
  const state = (html: string): string | undefined => /data-flow="(\w+)"/.exec(html)?.[1];

  it('an ingest service that still waits for ClickHouse is said to start, and nothing of it is 0', async () => {
    expect(await asked()).toMatchObject({ failure: null, flow: { journal: null } });
    const html = await page();
    expect(state(html)).toBe('starting');
    expect(html).toContain('não se sabe o que espera');
    expect(html).not.toContain('Tudo em dia');
  });

  it('one that is not heard is an answer too: with a 200, a reason, and since when', async () => {
    const { flow } = admin;
    const away = fail({ kind: 'unreachable', retryable: true } as const);
    Object.assign(admin, { flow: () => Promise.resolve(away) });
    try {
      expect(await asked()).toMatchObject({ flow: null, failure: 'unreachable', heard_at: null });
      const html = await page();
      expect(state(html)).toBe('unreachable');
      expect(html).toContain('A entrada de eventos não responde');
      expect(html).not.toContain('Tudo em dia');
    } finally {
      Object.assign(admin, { flow });
    }
  });
});

describe('the tabs of the settings', () => {
  it('say how many wait in quarantine, and nothing when none do', async () => {
    expect(await page()).not.toContain('esperam');
    open = 1_234;
    const html = await page();
    open = 0;
    expect(html).toMatch(/href="\/settings\/quarantine"[^>]*>Quarentena.*?title="1\.234 esperam"[^>]*>1\.234</);
  });

  it('are not on the page that refuses them', async () => {
    await auth.addUser({ email: 'ana@ipe.exemplo', name: 'Ana', role: 'manager', password: ADMIN.password });
    const entered = await auth.login('ana@ipe.exemplo', ADMIN.password, '192.0.2.1');
    if (!entered.ok) throw new Error(entered.failure.kind);
    const answer = await fetch(`${kit.origin}/settings/sources`, {
      headers: { cookie: `pulso_session=${entered.value.session_token}` }
    });
    expect(answer.status).toBe(403);
    expect(await answer.text()).not.toContain('/settings/quarantine');
    expect(await page()).toContain('/settings/quarantine');
  });
});
