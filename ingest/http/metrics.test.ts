import { expect, test } from 'vitest';
import { registerSilence } from '#ingest/sources/silence-metric.ts';
import { createMetrics, type Levels } from './metrics.ts';

const LEVELS: Levels = {
  journalBytes: 7,
  acknowledged: 0,
  visible: 0,
  waitingSince: null,
  identities: 0,
  identityBytes: 0,
  openQuarantine: 0
};

test('a disk and a file that cannot be asked leave their gauges without a value, and the others as they are', async () => {
  const { registry } = createMetrics(() => LEVELS, { journalBytesMax: 1, now: () => 0, dataDir: '/nowhere/at/all' });
  registerSilence(registry, {
    list() {
      throw new Error('SQLITE_BUSY');
    }
  });
  const text = await registry.metrics();
  expect(text).toMatch(/^pulso_ingest_journal_bytes 7$/m);
  expect(text).not.toMatch(/^pulso_ingest_(disk_free_bytes|webhook_source_silent)/m);
});

test('free bytes of a disk are told', async () => {
  const { registry } = createMetrics(() => LEVELS, { journalBytesMax: 1, now: () => 0, dataDir: '.' });
  expect(await registry.metrics()).toMatch(/^pulso_ingest_disk_free_bytes [1-9]\d*/m);
});
