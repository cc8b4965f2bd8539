/** A key that ends while a request of it is under way: nothing is taken in its name any more. */
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { KeyCreated, type NewIngestKey } from '#lib/contracts/internal.ts';
import { eventually } from '../support/eventually.ts';
import { askInternal, post, rows, shipped, startCable, startTestIngest } from '../support/ingest.ts';
import { ingestForFile } from '../support/ingest-for-file.ts';
import { openStream } from '../support/stream.ts';

const house = ingestForFile();

let counter = 0;
const moved = (source: string): object => ({
  id: `r-${++counter}`,
  source,
  type: 'account.moved',
  time: '2026-11-20T12:00:00Z',
  data: { account: 'a', amount_minor: 1, currency: 'BRL', category: 'yield' }
});
const lines = (count: number, source: string): string =>
  Array.from({ length: count }, () => `${JSON.stringify(moved(source))}\n`).join('');
const as = (secret: string): Record<string, string> => ({ authorization: `Bearer ${secret}` });

interface Revocable {
  readonly secret: string;
  revoke(): Promise<void>;
}
async function newKey(input: Partial<NewIngestKey> = {}, url = house.ingest.url): Promise<Revocable> {
  const body = JSON.stringify({ name: 'ends soon', ...input });
  const made = KeyCreated.parse(await (await askInternal(url, '/keys', { method: 'POST', body })).json());
  return {
    secret: made.secret,
    async revoke() {
      const revoked = await askInternal(url, `/keys/${made.key.key_id}/revoke`, { method: 'POST' });
      expect(revoked.status).toBe(200);
    }
  };
}

interface Begun {
  readonly sending: ClientRequest;
  readonly answered: Promise<IncomingMessage>;
}
/** Its headers and the first bytes of the body, which have been read. */
async function begin(path: string, secret: string, body: string): Promise<Begun> {
  const sending = request(`${house.ingest.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...as(secret) }
  });
  onTestFinished(() => void sending.destroy());
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    sending.on('response', resolve);
    sending.on('error', reject);
  });
  await new Promise<void>((settle) => sending.write(body.slice(0, 20), () => settle()));
  await new Promise((resume) => setTimeout(resume, 200));
  return { sending, answered };
}

test('a stream over its rate stores nothing more once its key is revoked', async () => {
  const { secret, revoke } = await newKey({ rate: 20 });
  const stream = openStream(house.ingest.url, as(secret));
  await stream.write(lines(100, 'urn:over-rate'));
  await eventually('the first lines', 5_000, () => stream.through === 100);
  // these wait for 5 s until they are paid for
  await stream.write(lines(50, 'urn:over-rate'));
  await new Promise((resume) => setTimeout(resume, 300));
  await revoke();
  await stream.ended;
  expect(stream.problem).toMatchObject({ status: 401 });
  expect(stream.through).toBe(100);
});

test.each(['', '&backfill=true'])('so does one that waits for room in the journal%s', async (query) => {
  const cable = await startCable(house.clickhouse.address);
  const dataDir = await mkdtemp(join(tmpdir(), 'pulso-revoked-'));
  const full = await startTestIngest({ dataDir, clickhouse: () => cable.address, journalBytesMax: 200_000 });
  onTestFinished(async () => {
    await full.stop();
    await cable.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  cable.cut();
  const { secret, revoke } = await newKey({}, full.url);
  const ndjson = { 'content-type': 'application/x-ndjson' };
  await eventually(
    'a full journal',
    20_000,
    async () => (await post(full.url, lines(100, 'urn:full'), ndjson)).status === 503
  );
  const stream = openStream(full.url, as(secret), query);
  await stream.write(lines(500, 'urn:waits'));
  await new Promise((resume) => setTimeout(resume, 600));
  await revoke();
  await eventually('its end', 5_000, () => stream.problem !== null);
  expect([stream.problem?.status, stream.through]).toEqual([401, 0]);
});

test.each(['', '?backfill=true'])('a body whose key is revoked while it comes is refused whole%s', async (query) => {
  const { secret, revoke } = await newKey();
  const body = JSON.stringify(moved('urn:slow-body'));
  const { sending, answered } = await begin(`/v1/events${query}`, secret, body);
  await revoke();
  sending.end(body.slice(20));
  const answer = await answered;
  expect([answer.statusCode, answer.headers.connection]).toEqual([401, 'close']);
  expect(answer.headers['www-authenticate']).toContain('invalid_token');
  expect(await post(house.ingest.url, JSON.stringify(moved('urn:slow-body')))).toMatchObject({ status: 200 });
  await shipped(house.ingest.url);
  const sql = "SELECT count() AS n FROM events_raw_v1 WHERE source = 'urn:slow-body'";
  expect(await rows(house.clickhouse.reader, sql)).toEqual([{ n: query === '' ? 1 : 2 }]);
});

test('a replay whose key is revoked while its body comes replays nothing', async () => {
  const { secret, revoke } = await newKey({ scopes: ['quarantine'] });
  const body = JSON.stringify({ ids: [1_000_000_000_000_000] });
  const { sending, answered } = await begin('/v1/quarantine/replay', secret, body);
  await revoke();
  sending.end(body.slice(20));
  expect((await answered).statusCode).toBe(401);
});
