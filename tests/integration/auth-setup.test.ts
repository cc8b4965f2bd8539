import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAuth, type AuthStore } from '#lib/server/auth/auth.server.ts';
import { setupAddress } from '#lib/server/auth/setup.server.ts';
import { INGEST_AWAY, startKit, type KitServer } from '../support/kit-server.ts';

let dataDir: string;
let auth: AuthStore;
let kit: KitServer;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pulso-setup-'));
  auth = await createAuth({ dataDir, clock: Date.now, log: { info: () => undefined, warn: () => undefined } });
  kit = await startKit(auth, INGEST_AWAY);
});
afterAll(async () => {
  await kit.close();
  auth.close();
  await rm(dataDir, { recursive: true, force: true });
});

it('the printed address makes the first admin, signs them in, and works once', async () => {
  const address = setupAddress(auth, kit.origin) ?? '';
  expect(setupAddress(auth, kit.origin)).toBe(address);
  const page = await fetch(address);
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('Primeiro acesso')]);
  const send = (password: string) =>
    fetch(address, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ name: 'Otávio Brandão', email: 'otavio@ipe.exemplo', password })
    });
  const weak = await send('senha12345');
  expect([weak.status, await weak.text()]).toEqual([400, expect.stringContaining('Senha curta ou conhecida.')]);
  expect(auth.users()).toEqual([]);
  const made = await send('barco de papel azul');
  expect([made.status, made.headers.get('location')]).toEqual([303, '/']);
  const cookie = made.headers.getSetCookie().join().split(';', 1)[0] ?? '';
  expect((await fetch(`${kit.origin}/settings/users`, { headers: { cookie } })).status).toBe(200);
  expect((await send('outra senha boa')).status).toBe(404);
  expect(auth.users()).toMatchObject([{ name: 'Otávio Brandão', role: 'admin' }]);
});
