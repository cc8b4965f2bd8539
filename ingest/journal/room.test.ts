import { mkdtemp, mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { probeRoom } from './room.ts';

test('a disk is asked by a write, at most once a second, and nothing of it stays', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'pulso-room-'));
  onTestFinished(() => rm(parent, { recursive: true, force: true }));
  const dir = join(parent, 'journal');
  const clock = { ms: 0 };
  const hasRoom = probeRoom(dir, () => clock.ms);
  expect(await hasRoom()).toBe(false);
  await mkdir(dir);
  clock.ms = 999;
  expect(await hasRoom()).toBe(false);
  clock.ms = 1_000;
  expect(await hasRoom()).toBe(true);
  expect(await readdir(dir)).toEqual([]);
});
