import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAuth, type AuthOptions, type AuthStore } from '#lib/server/auth/auth.server.ts';

const ADMIN = { email: 'Otavio@Ipe.exemplo', password: 'barco de papel azul' };
const SILENT = { info: () => undefined, warn: () => undefined };
const MINUTE = 60_000;

let dataDir: string;
let now: number;
const stores: AuthStore[] = [];

async function open(options: Partial<AuthOptions> = {}): Promise<AuthStore> {
  const store = await createAuth({ dataDir, clock: () => now, log: SILENT, ...options });
  stores.push(store);
  return store;
}
const openWithAdmin = () => open({ adminEmail: ADMIN.email, adminPassword: ADMIN.password });

async function signIn(auth: AuthStore, email = ADMIN.email, password = ADMIN.password, address = '192.0.2.1') {
  const answer = await auth.login(email, password, address);
  if (!answer.ok) throw new Error(answer.failure.kind);
  return answer.value;
}
async function addUser(
  auth: AuthStore,
  email: string,
  role: 'admin' | 'manager' | 'collector' | 'viewer',
  password: string
) {
  const answer = await auth.addUser({ email, name: '', role, password });
  if (!answer.ok) throw new Error(answer.failure.kind);
  return answer.value.user;
}
/** everything the file holds, as the database would show it to a thief */
function dump(): string {
  const db = new Database(join(dataDir, 'app.sqlite'), { readonly: true });
  const tables = ['users', 'sessions', 'read_tokens', 'login_attempts', 'setup_tokens'];
  const text = JSON.stringify(tables.map((table) => db.prepare(`SELECT * FROM ${table}`).all()));
  db.close();
  return text;
}

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pulso-auth-'));
  now = Date.now();
});
afterEach(async () => {
  for (const store of stores.splice(0)) store.close();
  await rm(dataDir, { recursive: true, force: true });
});

describe('log-in', () => {
  it('opens a session for the right password, whatever the letter case of the e-mail', async () => {
    const auth = await openWithAdmin();
    const { session_token, user } = await signIn(auth, '  OTAVIO@ipe.EXEMPLO ');
    expect(user).toMatchObject({ role: 'admin', must_change_password: false });
    expect((await auth.session(session_token))?.user.user_id).toBe(user.user_id);
    await auth.logout(session_token);
    expect(await auth.session(session_token)).toBeNull();
  });

  it('answers alike for a wrong password and an unknown e-mail', async () => {
    const auth = await openWithAdmin();
    const wrong = await auth.login(ADMIN.email, 'barco de papel verde', '192.0.2.1');
    const unknown = await auth.login('ninguem@ipe.exemplo', 'barco de papel verde', '192.0.2.1');
    expect(wrong).toEqual({ ok: false, failure: { kind: 'wrong_credentials', retryable: true } });
    expect(unknown).toEqual(wrong);
  });

  it('keeps passwords as argon2id, and no secret of any kind in clear', async () => {
    const auth = await openWithAdmin();
    const { session_token } = await signIn(auth);
    const { secret } = auth.addReadToken('bi', 'viewer');
    const kept = dump();
    expect(kept).toContain('$argon2id$');
    for (const clear of [ADMIN.password, session_token, secret]) expect(kept).not.toContain(clear);
    expect((await stat(join(dataDir, 'app.sqlite'))).mode & 0o777).toBe(0o600);
  });

  it('throttles an account after five attempts from anywhere, even with the right password, until 15 minutes passed', async () => {
    const auth = await openWithAdmin();
    for (let i = 0; i < 5; i++) await auth.login(ADMIN.email, `guess number ${i}`, `192.0.2.${i}`);
    const sixth = await auth.login(ADMIN.email, ADMIN.password, '198.51.100.1');
    expect(sixth).toEqual({ ok: false, failure: { kind: 'throttled', retryable: true, retry_after_s: 900 } });
    now += 15 * MINUTE - 1;
    expect((await auth.login(ADMIN.email, ADMIN.password, '198.51.100.1')).ok).toBe(false);
    now += 1;
    expect((await auth.login(ADMIN.email, ADMIN.password, '198.51.100.1')).ok).toBe(true);
  });

  it('throttles an address after twenty attempts over many accounts, and no other address', async () => {
    const auth = await openWithAdmin();
    const guesses = Array.from({ length: 20 }, (_, i) =>
      auth.login(`pessoa${i}@ipe.exemplo`, 'qualquer senha', '192.0.2.9')
    );
    await Promise.all(guesses);
    const next = await auth.login(ADMIN.email, ADMIN.password, '192.0.2.9');
    expect(next.ok ? null : next.failure.kind).toBe('throttled');
    expect((await auth.login(ADMIN.email, ADMIN.password, '192.0.2.10')).ok).toBe(true);
  });

  it('does not let guesses sent at once slip past the limit, nor a restart forget them', async () => {
    const auth = await openWithAdmin();
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) => auth.login(ADMIN.email, `guess number ${i}`, `192.0.2.${i}`))
    );
    const kinds = answers.map((answer) => (answer.ok ? 'in' : answer.failure.kind));
    expect(kinds.filter((kind) => kind === 'wrong_credentials')).toHaveLength(5);
    expect(kinds.filter((kind) => kind === 'throttled')).toHaveLength(7);
    const again = await (await open()).login(ADMIN.email, ADMIN.password, '192.0.2.99');
    expect(again.ok ? null : again.failure.kind).toBe('throttled');
  });

  it('forgives an account its wrong attempts after the right password', async () => {
    const auth = await openWithAdmin();
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 4; i++) await auth.login(ADMIN.email, 'errada mesmo', '192.0.2.1');
      await signIn(auth);
    }
  });
});

describe('sessions', () => {
  it('end everywhere at a reset, which leads to a change of password', async () => {
    const auth = await openWithAdmin();
    const user = await addUser(auth, 'juliana@ipe.exemplo', 'collector', 'tijolo verde 42');
    const first = await signIn(auth, user.email, 'tijolo verde 42');
    const reset = await auth.resetPassword(user.user_id);
    if (!reset.ok) throw new Error(reset.failure.kind);
    expect(await auth.session(first.session_token)).toBeNull();
    expect((await auth.login(user.email, 'tijolo verde 42', '192.0.2.1')).ok).toBe(false);
    const second = await signIn(auth, user.email, reset.value.password);
    expect(second.user.must_change_password).toBe(true);
    const changed = await auth.changePassword(user.user_id, reset.value.password, 'janela aberta 7');
    expect(changed.ok).toBe(true);
    expect((await signIn(auth, user.email, 'janela aberta 7')).user.must_change_password).toBe(false);
  });

  it('other than the one in use end at a change of password', async () => {
    const auth = await openWithAdmin();
    const here = await signIn(auth);
    const elsewhere = await signIn(auth);
    const session = await auth.session(here.session_token);
    await auth.changePassword(here.user.user_id, ADMIN.password, 'outra senha boa', session?.session_id);
    expect(await auth.session(here.session_token)).not.toBeNull();
    expect(await auth.session(elsewhere.session_token)).toBeNull();
  });

  it('end at once when another process disables the user, and the right password then says so', async () => {
    const auth = await openWithAdmin();
    const user = await addUser(auth, 'celia@ipe.exemplo', 'viewer', 'tijolo verde 42');
    const { session_token } = await signIn(auth, user.email, 'tijolo verde 42');
    const other = await open();
    expect(other.disableUser(user.user_id).ok).toBe(true);
    expect(await auth.session(session_token)).toBeNull();
    const disabled = await auth.login(user.email, 'tijolo verde 42', '192.0.2.1');
    expect(disabled.ok ? null : disabled.failure.kind).toBe('disabled');
    const wrong = await auth.login(user.email, 'tijolo azul 42', '192.0.2.1');
    expect(wrong.ok ? null : wrong.failure.kind).toBe('wrong_credentials');
    other.enableUser(user.user_id);
    await signIn(auth, user.email, 'tijolo verde 42');
  });

  it('are extended when used in their second half, and gone when past their end', async () => {
    const auth = await openWithAdmin();
    const { session_token } = await signIn(auth);
    expect((await auth.session(session_token))?.fresh_until).toBeNull();
    const db = new Database(join(dataDir, 'app.sqlite'));
    const inS = (days: number) => Math.floor(Date.now() / 1000) + days * 86_400;
    db.prepare('UPDATE sessions SET expires_at = ?').run(inS(3));
    const fresh = (await auth.session(session_token))?.fresh_until ?? 0;
    expect(fresh).toBeGreaterThan(inS(13) * 1000);
    db.prepare('UPDATE sessions SET expires_at = ?').run(inS(-1));
    expect(await auth.session(session_token)).toBeNull();
    db.close();
  });

  it('survive a restart, and a role set meanwhile is in force at the next request', async () => {
    const auth = await openWithAdmin();
    const user = await addUser(auth, 'luis@ipe.exemplo', 'viewer', 'tijolo verde 42');
    const { session_token } = await signIn(auth, user.email, 'tijolo verde 42');
    const restarted = await open();
    restarted.setRole(user.user_id, 'manager');
    expect((await auth.session(session_token))?.user.role).toBe('manager');
  });
});

describe('users', () => {
  it('have one account an e-mail, a good password and an e-mail that could be one', async () => {
    const auth = await openWithAdmin();
    const taken = await auth.addUser({ email: 'OTAVIO@IPE.EXEMPLO', name: 'x', role: 'viewer' });
    const weak = await auth.addUser({ email: 'a@b.c', name: 'x', role: 'viewer', password: 'senha12345' });
    const invalid = await auth.addUser({ email: 'sem arroba', name: 'x', role: 'viewer' });
    expect([taken, weak, invalid].map((answer) => (answer.ok ? 'ok' : answer.failure.kind))).toEqual([
      'email_taken',
      'weak_password',
      'invalid'
    ]);
  });

  it('never lose their last enabled admin, by disabling or by role, even from two processes', async () => {
    const auth = await openWithAdmin();
    const other = await open();
    const second = await addUser(auth, 'renata@ipe.exemplo', 'admin', 'tijolo verde 42');
    const first = auth.users().find((user) => user.user_id !== second.user_id);
    if (first === undefined) throw new Error('no first admin');
    expect(other.disableUser(first.user_id).ok).toBe(true);
    for (const outcome of [auth.disableUser(second.user_id), auth.setRole(second.user_id, 'viewer')]) {
      expect(outcome.ok ? null : outcome.failure.kind).toBe('last_admin');
    }
    expect(auth.users().filter((user) => user.role === 'admin' && user.disabled_at === null)).toHaveLength(1);
  });

  it('are listed with their open sessions and last visit', async () => {
    const auth = await openWithAdmin();
    await signIn(auth);
    await signIn(auth);
    expect(auth.users()).toMatchObject([{ name: 'Otavio', sessions: 2, last_seen_at: now, disabled_at: null }]);
  });

  it('change their password only with the current one, and guesses of it are throttled', async () => {
    const auth = await openWithAdmin();
    const { user } = await signIn(auth);
    const kinds: string[] = [];
    for (let i = 0; i < 6; i++) {
      const answer = await auth.changePassword(user.user_id, `guess number ${i}`, 'outra senha boa');
      kinds.push(answer.ok ? 'ok' : answer.failure.kind);
    }
    expect(kinds).toEqual([...Array.from({ length: 5 }, () => 'wrong_password'), 'throttled']);
    now += 16 * MINUTE;
    const same = await auth.changePassword(user.user_id, ADMIN.password, ADMIN.password);
    expect(same.ok ? null : same.failure.kind).toBe('weak_password');
  });
});

describe('the first admin', () => {
  it('comes from the settings once: a password changed later is not set back by a restart', async () => {
    const auth = await openWithAdmin();
    const { user } = await signIn(auth);
    await auth.changePassword(user.user_id, ADMIN.password, 'outra senha boa');
    const restarted = await openWithAdmin();
    expect(restarted.users()).toHaveLength(1);
    await signIn(restarted, ADMIN.email, 'outra senha boa');
    expect(restarted.setupToken()).toBeNull();
  });

  it('comes from a link that opens until it is used once, across restarts, and whose token is not kept', async () => {
    const token = (await open()).setupToken();
    const restarted = await open();
    if (token === null) throw new Error('no set-up link');
    expect(dump()).not.toContain(token);
    expect(restarted.isSetupToken(token)).toBe(true);
    const input = { email: 'otavio@ipe.exemplo', name: 'Otávio Brandão', password: 'barco de papel azul' };
    expect(await restarted.completeSetup('another token', input)).toMatchObject({ failure: { kind: 'wrong_token' } });
    expect(await restarted.completeSetup(token, { ...input, password: 'curta' })).toMatchObject({
      failure: { kind: 'weak_password' }
    });
    expect(await restarted.completeSetup(token, input)).toMatchObject({ ok: true, value: { role: 'admin' } });
    expect(restarted.isSetupToken(token)).toBe(false);
    expect(await restarted.completeSetup(token, { ...input, email: 'b@c.d' })).toMatchObject({
      failure: { kind: 'wrong_token' }
    });
    expect(restarted.setupToken()).toBeNull();
  });

  it('is one, when two browsers use the link at once', async () => {
    const auth = await open();
    const token = auth.setupToken() ?? '';
    const use = (email: string) => auth.completeSetup(token, { email, name: '', password: 'barco de papel azul' });
    const answers = await Promise.all([use('a@ipe.exemplo'), use('b@ipe.exemplo')]);
    expect(answers.filter((answer) => answer.ok)).toHaveLength(1);
    expect(auth.users()).toHaveLength(1);
  });
});

describe('read tokens', () => {
  it('name a role until they are revoked, by any process', async () => {
    const auth = await open();
    const { token_id, secret } = auth.addReadToken('leitura-bi', 'viewer');
    expect(await auth.readToken(secret)).toEqual({ role: 'viewer' });
    expect(await auth.readToken(`${secret}x`)).toBeNull();
    expect(auth.readTokens()).toMatchObject([
      { token_id, name: 'leitura-bi', last4: secret.slice(-4), last_used_at: now, revoked_at: null }
    ]);
    expect((await open()).revokeReadToken(token_id)).toBe(true);
    expect(await auth.readToken(secret)).toBeNull();
    expect(auth.revokeReadToken(token_id)).toBe(false);
  });
});

describe('the app database', () => {
  it('opened by two processes at the same moment is made once', async () => {
    const made = await Promise.all([openWithAdmin(), openWithAdmin(), openWithAdmin()]);
    expect(made.map((auth) => auth.users().length)).toEqual([1, 1, 1]);
  });

  it('of a newer version is refused with a clear error and left as it is', async () => {
    (await open()).close();
    stores.splice(0);
    const db = new Database(join(dataDir, 'app.sqlite'));
    db.exec('PRAGMA user_version = 99');
    db.close();
    await expect(open()).rejects.toThrow(/schema version 99.*update Pulso/);
  });

  it('may be named by a file URL, not by a remote one', async () => {
    const path = join(dataDir, 'deep', 'users.db');
    await open({ appDbUrl: `file://${path}` });
    expect((await stat(path)).isFile()).toBe(true);
    await expect(open({ appDbUrl: 'libsql://example.com' })).rejects.toThrow(/APP_DB_URL must be a file/);
  });
});
