import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { openKeyStore } from '#ingest/keys/key-store.ts';
import { createAuth, type AuthStore } from '#lib/server/auth/auth.server.ts';

const ADMIN = fileURLToPath(new URL('../../src/entry/admin.ts', import.meta.url));
const SILENT = { info: () => undefined, warn: () => undefined };

let dataDir: string;
/** open all the while, as the dashboard has it */
let running: AuthStore;

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
const admin = (words: readonly string[], env: Record<string, string> = { DATA_DIR: dataDir }): Promise<Ended> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [ADMIN, ...words], { env, timeout: 30_000 }, (_, out, err) => {
      resolve({ code: child.exitCode ?? -1, out, err });
    });
  });
async function adminJson<T>(schema: z.ZodType<T>, words: readonly string[]): Promise<T> {
  const { code, out, err } = await admin([...words, '--json']);
  expect([code, err]).toEqual([0, '']);
  return schema.parse(JSON.parse(out));
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pulso-admin-'));
  running = await createAuth({ dataDir, clock: Date.now, log: SILENT });
});
afterAll(async () => {
  running.close();
  await rm(dataDir, { recursive: true, force: true });
});

describe('npm run admin, while the dashboard has the database open', () => {
  it('adds a user who can log in at once, disables it, and the session is gone', async () => {
    const words = ['user', 'add', '--email', 'a@ipe.exemplo', '--role', 'admin', '--password', 'barco de papel azul'];
    const { user, password } = await adminJson(
      z.object({ user: z.looseObject({ role: z.string() }), password: z.null() }),
      words
    );
    expect([user.role, password]).toEqual(['admin', null]);
    const second = ['user', 'add', '--email', 'b@ipe.exemplo', '--role', 'viewer'];
    const made = await adminJson(z.object({ password: z.string() }), second);
    const entered = await running.login('b@ipe.exemplo', made.password, '192.0.2.1');
    if (!entered.ok) throw new Error(entered.failure.kind);
    expect(entered.value.user.must_change_password).toBe(true);
    expect((await admin(['user', 'disable', 'B@ipe.exemplo'])).code).toBe(0);
    expect(await running.session(entered.value.session_token)).toBeNull();
    expect((await admin(['user', 'enable', '--email', 'b@ipe.exemplo'])).code).toBe(0);
    const reset = await adminJson(z.object({ password: z.string() }), ['user', 'reset', 'b@ipe.exemplo']);
    expect((await running.login('b@ipe.exemplo', reset.password, '192.0.2.1')).ok).toBe(true);
    const { users } = await adminJson(z.object({ users: z.array(z.looseObject({ email: z.string() })) }), [
      'user',
      'list'
    ]);
    expect(users.map(({ email }) => email).toSorted()).toEqual(['a@ipe.exemplo', 'b@ipe.exemplo']);
  });

  it('adds read tokens and ingest keys, tells the secret once, and revokes them', async () => {
    const Added = z.object({ key: z.looseObject({ key_id: z.string() }), secret: z.string() });
    const token = await adminJson(Added, ['key', 'add', '--name', 'bi', '--read', '--role', 'viewer']);
    expect(await running.readToken(token.secret)).toEqual({ role: 'viewer' });
    const key = await adminJson(Added, [
      'key',
      'add',
      '--name',
      'erp',
      '--source',
      'erp',
      '--source',
      'pdv',
      '--rate',
      '50'
    ]);
    expect(key.key).toMatchObject({ scopes: ['ingest'], sources: ['erp', 'pdv'], rate: 50 });
    const listed = await admin(['key', 'list', '--json']);
    expect(listed.out).toContain(key.key.key_id);
    for (const { secret } of [token, key]) expect(listed.out).not.toContain(secret);
    expect((await admin(['key', 'revoke', 'bi'])).code).toBe(0);
    expect((await admin(['key', 'revoke', key.key.key_id])).code).toBe(0);
    expect(await running.readToken(token.secret)).toBeNull();
    const store = openKeyStore(join(dataDir, 'ingest.sqlite'));
    expect(store.list().map(({ key: kept }) => kept.revoked_at !== null)).toEqual([true]);
    store.close();
  });
});

describe('npm run admin -- source', () => {
  const Added = z.object({
    source: z.object({ source: z.string(), platform: z.string(), settings: z.looseObject({}) }),
    path: z.string(),
    secret: z.string().nullable()
  });
  const add = (...words: string[]) => adminJson(Added, ['source', 'add', ...words]);

  it('adds a source with the secret given, or tells the one it made, this once', async () => {
    const given = await add(
      '--platform',
      'asaas',
      '--source',
      'asaas-loja',
      '--secret',
      'token-de-teste',
      '--fee-bps',
      '99'
    );
    expect(given).toMatchObject({
      path: '/v1/webhooks/asaas/asaas-loja',
      secret: null,
      source: { settings: { fee_bps: 99 } }
    });
    const made = await add('--platform', 'pix', '--source', 'banco');
    expect(made).toMatchObject({ path: '/v1/webhooks/pix/banco/SECRET' });
    expect(made.secret?.length).toBeGreaterThanOrEqual(32);
    const listed = await admin(['source', 'list', '--json']);
    expect(listed.out).toContain('asaas-loja');
    expect(listed.out).not.toContain('token-de-teste');
  });

  it('refuses a name that is taken and a platform that gives its secret itself, without it', async () => {
    const again = await admin(['source', 'add', '--platform', 'pix', '--source', 'banco', '--json']);
    expect([again.code, JSON.parse(again.err)]).toMatchObject([1, { error: { code: 'taken' } }]);
    const bare = await admin(['source', 'add', '--platform', 'stripe', '--source', 's', '--json']);
    expect([bare.code, JSON.parse(bare.err)]).toMatchObject([1, { error: { code: 'secret_missing' } }]);
    expect((await admin(['source', 'add', '--platform', 'paypal', '--source', 's'])).code).toBe(2);
    expect((await admin(['source', 'add', '--platform', 'pix', '--source', 'a/b'])).code).toBe(2);
  });
});

describe('npm run admin', () => {
  it('refuses with code 1 and a reason, on stderr as JSON when asked', async () => {
    const last = await admin(['user', 'disable', 'a@ipe.exemplo', '--json']);
    expect([last.code, last.out]).toEqual([1, '']);
    expect(JSON.parse(last.err)).toMatchObject({ error: { code: 'last_admin' } });
    const weak = await admin([
      'user',
      'add',
      '--email',
      'c@ipe.exemplo',
      '--role',
      'viewer',
      '--password',
      'senha12345'
    ]);
    expect([weak.code, weak.err]).toEqual([1, expect.stringContaining('10 characters')]);
    const nowhere = await admin(['user', 'list'], { DATA_DIR: join(dataDir, 'nowhere') });
    expect([nowhere.code, nowhere.err]).toEqual([1, expect.stringContaining('set DATA_DIR')]);
  });

  it('answers what it does not understand with code 2 and how it is used; --help with 0', async () => {
    for (const words of [
      [],
      ['user', 'dance'],
      ['user', 'add', '--email', 'x@y.z'],
      ['key', 'list', '--nope'],
      ['key', 'add', '--read', '--name', 'x', '--rate', '1']
    ]) {
      const { code, out, err } = await admin(words);
      expect([words, code]).toEqual([words, 2]);
      expect(out + err).toContain('user add --email E');
    }
    expect((await admin(['--help'])).code).toBe(0);
  });

  it('works where Pulso never ran', async () => {
    const fresh = join(dataDir, 'fresh');
    const env = { DATA_DIR: fresh };
    const words = ['user', 'add', '--email', 'a@ipe.exemplo', '--role', 'admin', '--password', 'barco de papel azul'];
    expect((await admin(words, env)).code).toBe(0);
    const later = await createAuth({ dataDir: fresh, clock: Date.now, log: SILENT });
    expect(later.setupToken()).toBeNull();
    expect((await later.login('a@ipe.exemplo', 'barco de papel azul', '192.0.2.1')).ok).toBe(true);
    later.close();
  });

  it('verifies a journal, and says where one is damaged', async () => {
    const dir = join(dataDir, 'journal');
    expect(await admin(['journal', 'verify'])).toMatchObject({ code: 1 });
    await mkdir(dir);
    expect((await admin(['journal', 'verify'])).code).toBe(0);
    await writeFile(join(dir, '0000000000000001.journal'), 'x'.repeat(100));
    await writeFile(join(dir, '0000000000000002.journal'), '');
    const { code, err } = await admin(['journal', 'verify']);
    expect([code, err]).toEqual([1, expect.stringContaining('0000000000000001.journal: the header cannot be read')]);
  });
});
