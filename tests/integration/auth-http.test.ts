import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openKeyStore, type KeyStore } from '#ingest/keys/key-store.ts';
import { fail, ok } from '#lib/contracts/result.ts';
import { createAuth, type AuthStore } from '#lib/server/auth/auth.server.ts';
import { setupAddress } from '#lib/server/auth/setup.server.ts';
import type { IngestAdmin } from '#lib/server/services.server.ts';
import { INGEST_AWAY, startKit, type KitServer } from '../support/kit-server.ts';

const ADMIN = { email: 'otavio@ipe.exemplo', password: 'barco de papel azul' };
const SILENT = { info: () => undefined, warn: () => undefined };

let dataDir: string;
let auth: AuthStore;
let kit: KitServer;
let keyStore: KeyStore;
let isIngestAway = false;

/** The ingest service's own keys, without the HTTP in between. */
const ingest: IngestAdmin = {
  ...INGEST_AWAY,
  keys: () =>
    Promise.resolve(
      isIngestAway ? fail({ kind: 'unreachable', retryable: true } as const) : ok(keyStore.list().map(({ key }) => key))
    ),
  addKey: (key) => Promise.resolve(ok(keyStore.create(key, Date.now()))),
  revokeKey: (keyId) => {
    const revoked = keyStore.revoke(keyId, Date.now());
    return Promise.resolve(revoked === null ? fail({ kind: 'refused', retryable: false } as const) : ok(revoked));
  },
  rotateKey: (keyId, graceHours) => {
    const now = Date.now();
    const rotated = keyStore.rotate(keyId, now + graceHours * 3_600_000, now);
    return Promise.resolve(rotated === null ? fail({ kind: 'refused', retryable: false } as const) : ok(rotated));
  }
};

interface Posted {
  readonly cookie?: string;
  readonly headers?: Record<string, string>;
}
/** as curl does: no Origin, anything accepted, redirects not followed */
const post = (path: string, fields: Record<string, string>, { cookie, headers = {} }: Posted = {}) =>
  fetch(`${kit.origin}${path}`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams(fields),
    headers: { accept: '*/*', ...(cookie === undefined ? {} : { cookie }), ...headers }
  });
const get = (path: string, cookie?: string, headers: Record<string, string> = {}) =>
  fetch(`${kit.origin}${path}`, {
    redirect: 'manual',
    headers: { ...(cookie === undefined ? {} : { cookie }), ...headers }
  });

const cookieOf = (response: Response): string => response.headers.getSetCookie().join().split(';', 1)[0] ?? '';
async function signIn(email = ADMIN.email, password = ADMIN.password): Promise<string> {
  const response = await post('/login', { email, password });
  expect(response.status).toBe(303);
  return cookieOf(response);
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pulso-auth-http-'));
  const options = { dataDir, clock: Date.now, log: SILENT };
  auth = await createAuth({ ...options, adminEmail: ADMIN.email, adminPassword: ADMIN.password });
  keyStore = openKeyStore(join(dataDir, 'ingest.sqlite'));
  kit = await startKit(auth, ingest);
});
afterAll(async () => {
  await kit.close();
  auth.close();
  keyStore.close();
  await rm(dataDir, { recursive: true, force: true });
});
beforeEach(() => {
  isIngestAway = false;
});

describe('POST /login', () => {
  it('answers a program 303 with an HttpOnly, SameSite=Lax cookie for the whole site', async () => {
    const response = await post('/login', ADMIN);
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe('/');
    const [cookie = ''] = response.headers.getSetCookie();
    expect(cookie).toMatch(/^pulso_session=[a-z0-9]{30,};/);
    for (const part of ['HttpOnly', 'SameSite=Lax', 'Path=/', 'Expires=']) expect(cookie).toContain(part);
    expect(cookie).not.toContain('Secure');
  });

  it('leads back to the page that was asked for, and nowhere else', async () => {
    const asked = await get('/stock?only=out');
    expect(asked.status).toBe(303);
    const login = asked.headers.get('location') ?? '';
    expect(login).toBe('/login?next=%2Fstock%3Fonly%3Dout');
    expect((await post(login, ADMIN)).headers.get('location')).toBe('/stock?only=out');
    expect((await post('/login?next=//evil.example', ADMIN)).headers.get('location')).toBe('/');
  });

  it('answers 401 with the designed page for a wrong password, keeping the e-mail and not the password', async () => {
    const response = await post('/login', { email: 'ninguem@ipe.exemplo', password: 'errada-mesmo-99' });
    expect(response.status).toBe(401);
    const page = await response.text();
    expect(page).toContain('E-mail ou senha não conferem.');
    expect(page).toContain('value="ninguem@ipe.exemplo"');
    expect(page).not.toContain('errada-mesmo-99');
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  it('answers 429 with Retry-After once throttled', async () => {
    const guess = (n: number) => post('/login', { email: 'alvo@ipe.exemplo', password: `guess number ${n}` });
    const statuses: number[] = [];
    for (let n = 0; n < 6; n++) statuses.push((await guess(n)).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    const throttled = await guess(7);
    expect(Number(throttled.headers.get('retry-after'))).toBeGreaterThan(800);
    expect(await throttled.text()).toContain('Muitas tentativas. Tente de novo em 15 minutos.');
  });

  it('is refused when another site posts it', async () => {
    const headers = { origin: 'https://evil.example' };
    const response = await post('/login', ADMIN, { headers });
    expect(response.status).toBe(403);
    expect(response.headers.getSetCookie()).toEqual([]);
  });
});

describe('a session', () => {
  it('ends by POST /logout, which another site cannot send', async () => {
    const cookie = await signIn();
    expect((await post('/logout', {}, { cookie, headers: { origin: 'https://evil.example' } })).status).toBe(403);
    expect((await get('/settings/users', cookie)).status).toBe(200);
    const out = await post('/logout', {}, { cookie });
    expect([out.status, out.headers.get('location')]).toEqual([303, '/login']);
    expect((await get('/settings/users', cookie)).headers.get('location')).toMatch(/^\/login/);
  });

  it('of a reset user leads every page to the change of password, and calls are refused, until it is changed', async () => {
    const added = await auth.addUser({ email: 'daniel@ipe.exemplo', name: 'Daniel', role: 'viewer' });
    if (!added.ok || added.value.password === null) throw new Error('not added');
    const { password } = added.value;
    const entered = await post('/login', { email: 'daniel@ipe.exemplo', password });
    expect(entered.headers.get('location')).toBe('/password');
    const cookie = cookieOf(entered);
    expect((await get('/stock', cookie)).headers.get('location')).toBe('/password');
    expect((await get('/api/v1/kpis', cookie)).status).toBe(403);
    expect((await post('/password', { current: 'not this one', password: 'janela aberta 7' }, { cookie })).status).toBe(
      401
    );
    expect((await post('/password', { current: password, password: 'senha12345' }, { cookie })).status).toBe(400);
    const changed = await post('/password', { current: password, password: 'janela aberta 7' }, { cookie });
    expect([changed.status, changed.headers.get('location')]).toEqual([303, '/']);
    expect((await get('/password', cookie)).status).toBe(200);
  });
});

describe('the set-up link', () => {
  it('opens no page once there is a user, whatever its token', async () => {
    expect(setupAddress(auth, kit.origin)).toBeNull();
    expect((await get('/setup?token=made-up')).status).toBe(404);
    const posted = await post('/setup?token=made-up', { email: 'x@y.z', name: 'x', password: 'tijolo verde 42' });
    expect(posted.status).toBe(404);
  });
});

describe('/settings/users', () => {
  it('adds a person, shows the password once, and the person can enter with it', async () => {
    const cookie = await signIn();
    const response = await post(
      '/settings/users?/add',
      { name: 'Sandra Vidal', email: 'sandra@ipe.exemplo', role: 'collector' },
      { cookie }
    );
    expect(response.status).toBe(200);
    const password = /value="([a-z2-9]{4}(?:-[a-z2-9]{4}){3})"/.exec(await response.text())?.[1] ?? '';
    expect((await post('/login', { email: 'sandra@ipe.exemplo', password })).headers.get('location')).toBe('/password');
    const again = await (await get('/settings/users', cookie)).text();
    expect(again).toContain('Sandra Vidal');
    expect(again).not.toContain(password);
    const taken = await post(
      '/settings/users?/add',
      { name: 'x', email: 'SANDRA@ipe.exemplo', role: 'viewer' },
      { cookie }
    );
    expect(taken.status).toBe(400);
  });

  it('does not disable or demote the last administrator', async () => {
    const cookie = await signIn();
    const user = auth.users().find(({ email }) => email === ADMIN.email)?.user_id ?? '';
    for (const action of ['disable', 'role']) {
      const response = await post(`/settings/users?/${action}&user=${user}`, { user, role: 'viewer' }, { cookie });
      expect(response.status).toBe(400);
      expect(await response.text()).toContain('último administrador');
    }
  });

  it('is closed to every other role, by page and by post, and says so within the shell', async () => {
    await auth.addUser({ email: 'luis@ipe.exemplo', name: 'Luís', role: 'manager', password: 'tijolo verde 42' });
    const cookie = await signIn('luis@ipe.exemplo', 'tijolo verde 42');
    const page = await get('/settings/users', cookie, { accept: 'text/html' });
    expect(page.status).toBe(403);
    expect(await page.text()).toContain('Seu papel, Gerente, não inclui esta página.');
    const before = auth.users().length;
    const posted = await post('/settings/users?/add', { name: 'x', email: 'x@y.z', role: 'admin' }, { cookie });
    expect(posted.status).toBe(403);
    expect(auth.users()).toHaveLength(before);
  });
});

describe('/settings/keys', () => {
  it('adds an ingest key within its bounds, shows the secret once, and revokes it', async () => {
    const cookie = await signIn();
    const fields = { kind: 'ingest', name: 'pdv-sorocaba', sources: 'pdv-lojas, erp', rate: '50', family: 'order' };
    const response = await post('/settings/keys?/add', fields, { cookie });
    expect(await response.text()).toContain('Chave criada: pdv-sorocaba');
    const [made] = keyStore.list();
    expect(made?.key).toMatchObject({ scopes: ['ingest'], sources: ['pdv-lojas', 'erp'], rate: 50, revoked_at: null });
    expect(made?.key.types).toContain('order.placed');
    expect(made?.key.types).not.toContain('payment.settled');
    const listed = await (await get('/settings/keys', cookie)).text();
    expect(listed).toContain(`…${made?.key.last4 ?? ''}`);
    expect(listed).not.toMatch(/pulso_[\w-]{40}/);
    const rotated = await post('/settings/keys?/rotate', { id: made?.key.key_id ?? '', hours: '24' }, { cookie });
    const [old, next] = keyStore.list();
    expect(next?.key).toMatchObject({
      name: made?.key.name,
      sources: ['pdv-lojas', 'erp'],
      rate: 50,
      expires_at: null
    });
    expect(Math.abs((old?.key.expires_at ?? 0) - Date.now() - 86_400_000)).toBeLessThan(60_000);
    expect(await rotated.text()).toMatch(new RegExp(`pulso_[\\w-]+${next?.key.last4 ?? '?'}`));
    expect((await post('/settings/keys?/rotate', { id: made?.key.key_id ?? '', hours: '24' }, { cookie })).status).toBe(
      502
    );
    await post('/settings/keys?/revoke', { kind: 'ingest', id: made?.key.key_id ?? '' }, { cookie });
    expect(keyStore.list()[0]?.key.revoked_at).not.toBeNull();
  });

  it.each([
    ['types that are none', { family: 'nonsense' }, 'Não existe tipo de evento com esse nome.'],
    ['sources that are none', { sources: ' , ,' }, 'Nenhuma fonte foi informada.']
  ])('makes no key for everything out of %s', async (_what, change, said) => {
    const cookie = await signIn();
    const before = keyStore.list().length;
    const fields = { kind: 'ingest', name: 'slip', sources: '', rate: '', ...change };
    const response = await post('/settings/keys?/add', fields, { cookie });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(said);
    expect(keyStore.list()).toHaveLength(before);
  });

  it('adds a read token that opens the API for its role only, never a page, until revoked', async () => {
    const cookie = await signIn();
    const response = await post(
      '/settings/keys?/add',
      { kind: 'read', name: 'leitura-bi', role: 'viewer' },
      { cookie }
    );
    const secret = /pulso_r1_[\w-]{32}/.exec(await response.text())?.[0] ?? '';
    const bearer = { authorization: `Bearer ${secret}` };
    expect((await get('/api/v1/receivables', undefined, bearer)).status).not.toBe(401);
    expect((await get('/stock', undefined, bearer)).headers.get('location')).toMatch(/^\/login/);
    const id = auth.readTokens()[0]?.token_id ?? '';
    await post('/settings/keys?/revoke', { kind: 'read', id }, { cookie });
    expect(await auth.readToken(secret)).toBeNull();
  });

  it('says so when the ingest service is away, and still lists the read tokens', async () => {
    const cookie = await signIn();
    auth.addReadToken('leitura-noturna', 'viewer');
    isIngestAway = true;
    const page = await (await get('/settings/keys', cookie)).text();
    expect(page).toContain('A entrada de eventos não responde.');
    expect(page).toContain('leitura-noturna');
    const posted = await post('/settings/keys?/revoke', { kind: 'ingest', id: 'k0' }, { cookie });
    expect(posted.status).not.toBe(200);
  });
});

describe('every answer', () => {
  it('forbids framing by others, sniffing and leaking the address; pages run only their own scripts', async () => {
    const page = await get('/login', undefined, { accept: 'text/html' });
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/default-src 'self'/);
    expect(policy).toMatch(/frame-ancestors 'self'/);
    expect(policy).toMatch(/script-src 'self' 'nonce-/);
    for (const answer of [page, await get('/api/v1/kpis'), await get('/stock')]) {
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('referrer-policy')).toBe('same-origin');
      expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'self'");
    }
  });

  it('speaks the language and wears the theme of the cookies', async () => {
    const page = await (await get('/login', 'pulso_locale=en; pulso_theme=dark')).text();
    expect(page).toMatch(/<html lang="en" data-theme="dark">/);
    expect(page).toContain('Sign in');
    expect(await (await get('/login')).text()).toMatch(/<html lang="pt-BR" data-theme="light">/);
    const chosen = await get('/login?lang=en&next=%2Fcash');
    expect(chosen.headers.get('location')).toBe('/login?next=%2Fcash');
    expect(cookieOf(chosen)).toBe('pulso_locale=en');
  });

  it('of the API to nobody is 401 problem+json, whatever token is made up', async () => {
    for (const authorization of ['', 'Bearer pulso_r1_made_up', 'Basic eDp5']) {
      const answer = await get('/api/v1/kpis', undefined, { authorization });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(await answer.json()).toMatchObject({ status: 401, code: 'unauthenticated' });
    }
  });
});
