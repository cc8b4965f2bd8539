import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { FollowedStore } from './follow-store.ts';
import { openKeyStore, type KeyStore } from './key-store.ts';
import { Keyring } from './keyring.ts';

function open(): KeyStore {
  const folder = mkdtempSync(join(tmpdir(), 'pulso-keys-'));
  const store = openKeyStore(join(folder, 'ingest.sqlite'));
  onTestFinished(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });
  return store;
}
const opens = (store: KeyStore, secret: string): boolean => {
  const keyring = new Keyring(
    store,
    () => 1_000,
    () => expect.unreachable()
  );
  return keyring.keyOf(secret)() !== null;
};

it('the key of the environment gives way to another value and is in force again when it is set again', () => {
  const store = open();
  expect(store.adopt('first-0123456789', 1)).toBe(true);
  expect(store.adopt('second-0123456789', 2)).toBe(true);
  expect([opens(store, 'first-0123456789'), opens(store, 'second-0123456789')]).toEqual([false, true]);
  expect(store.adopt('first-0123456789', 3)).toBe(true);
  expect([opens(store, 'first-0123456789'), opens(store, 'second-0123456789')]).toEqual([true, false]);
  expect(store.list()).toHaveLength(2);
});

it('one that a person revoked stays revoked, whatever the environment says', () => {
  const store = open();
  store.adopt('first-0123456789', 1);
  const [first] = store.list();
  store.revoke(first?.key.key_id ?? '', 2);
  expect(store.adopt('first-0123456789', 3)).toBe(false);
  store.adopt('second-0123456789', 4);
  expect(store.adopt('first-0123456789', 5)).toBe(false);
  expect(opens(store, 'first-0123456789')).toBe(false);
});

it('one that was rotated opens until its end, and is told to open nothing afterwards', () => {
  const store = open();
  store.adopt('first-0123456789', 1);
  const [first] = store.list();
  store.rotate(first?.key.key_id ?? '', 100, 2);
  expect(store.adopt('first-0123456789', 99)).toBe(true);
  expect(store.adopt('first-0123456789', 100)).toBe(false);
});

it('one that gave way and that a person revoked then stays revoked, too', () => {
  const store = open();
  store.adopt('first-0123456789', 1);
  store.adopt('second-0123456789', 2);
  const [first] = store.list();
  expect(store.revoke(first?.key.key_id ?? '', 3)).toMatchObject({ revoked_at: 2 });
  expect(store.adopt('first-0123456789', 4)).toBe(false);
});

it('a change of our own that could not be read at once is read when the file can be', () => {
  let isBusy = false;
  let loads = 0;
  const troubles: unknown[] = [];
  const followed = new FollowedStore({
    // a process does not see its own writes in it
    version: () => 7,
    load: () => {
      if (isBusy) throw new Error('database is locked');
      loads++;
    },
    record: () => undefined,
    recordEveryMs: 60_000,
    onTrouble: (error) => troubles.push(error)
  });
  onTestFinished(() => followed.close());
  isBusy = true;
  followed.changed();
  expect(troubles).toHaveLength(1);
  isBusy = false;
  followed.follow();
  followed.follow();
  expect(loads).toBe(2);
});
