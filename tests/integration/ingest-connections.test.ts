/** What becomes of a connection: an answer that comes early is read all the same, and nobody keeps one for nothing. */
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { API_KEY, post } from '../support/ingest.ts';
import { ingestForFile } from '../support/ingest-for-file.ts';

const house = ingestForFile();
const MIB = 1024 * 1024;

let counter = 0;
const moved = (): object => ({
  id: `c-${++counter}`,
  source: 'urn:connections',
  type: 'account.moved',
  time: '2026-11-20T12:00:00Z',
  data: { account: 'a', amount_minor: 1, currency: 'BRL', category: 'yield' }
});

function open(): Socket {
  const socket = connect({ port: Number(new URL(house.ingest.url).port), host: '127.0.0.1', allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  return socket;
}
const head = (headers: readonly string[], path = '/v1/events'): string =>
  [`POST ${path} HTTP/1.1`, 'Host: x', 'Content-Type: application/json', ...headers, '', ''].join('\r\n');

/** Reads to the end of the connection. @returns all of it; '' and an error's code where it broke */
function readAll(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
    socket.on('error', (error) => resolve(`${text}${error.message}`));
    socket.on('close', () => resolve(text));
    socket.on('end', () => resolve(text));
  });
}

/** As most clients do: all of the request first, and not a byte is read before. */
async function writeThenRead(request: string, body: Buffer): Promise<string> {
  const socket = open();
  const faults: string[] = [];
  socket.on('error', ({ message }) => faults.push(message)).pause();
  socket.write(request);
  for (let at = 0; at < body.length && faults.length === 0; at += 65_536) {
    const chunk = body.subarray(at, at + 65_536);
    await new Promise<void>((resolve) => socket.write(chunk, () => resolve()));
  }
  if (faults.length > 0) return faults.join();
  const all = readAll(socket);
  socket.resume();
  return all;
}

test.each([
  ['a body over the limit', 11, API_KEY, 413],
  ['a wrong key', 3, 'nobody', 401],
  ['a wrong key, one chunk after the other', -3, 'nobody', 401]
])('a client that writes first and reads then is told why it is refused: %s', async (_why, mib, secret, status) => {
  const body = Buffer.alloc(Math.abs(mib) * MIB, ' ');
  const size = `Content-Length: ${body.length}`;
  const chunked = Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]);
  for (let round = 0; round < 8; round++) {
    const text = await (mib > 0
      ? writeThenRead(head([`Authorization: Bearer ${secret}`, size]), body)
      : writeThenRead(head([`Authorization: Bearer ${secret}`, 'Transfer-Encoding: chunked']), chunked));
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*connection: close[^]*\\}$`, 'i'));
  }
});

test('a stream that we end is told its last line, though more of it is on the way', async () => {
  const socket = open();
  socket.pause();
  socket.write(
    head(
      [`Authorization: Bearer ${API_KEY}`, 'Transfer-Encoding: chunked', 'Content-Encoding: gzip'],
      '/v1/events?stream=true'
    ).replace('application/json', 'application/x-ndjson')
  );
  for (let i = 0; i < 32; i++) {
    const chunk = Buffer.alloc(65_536, 'no gzip');
    await new Promise<void>((resolve) => socket.write(`10000\r\n${chunk.toString()}\r\n`, () => resolve()));
  }
  const all = readAll(socket);
  socket.resume();
  expect(await all).toMatch(/^HTTP\/1.1 200 [^]*"status":400[^]*\r\n0\r\n\r\n$/);
});

test('who goes on sending behind a refusal is dropped soon, however slowly or fast it comes', async () => {
  const began = performance.now();
  const slow = open();
  slow.write(head(['Authorization: Bearer nobody', 'Content-Length: 1000000']));
  const drip = setInterval(() => slow.write(' '), 50);
  const fast = open();
  fast.on('error', () => undefined);
  let sent = 0;
  fast.write(head(['Authorization: Bearer nobody', 'Transfer-Encoding: chunked']));
  const flood = (): void => {
    while (!fast.destroyed && sent < 500 * MIB) {
      sent += MIB;
      if (!fast.write(`100000\r\n${' '.repeat(MIB)}\r\n`)) return void fast.once('drain', flood);
    }
  };
  flood();
  const [text] = await Promise.all([readAll(slow), new Promise((resolve) => fast.on('close', resolve))]);
  clearInterval(drip);
  expect(text).toMatch(/^HTTP\/1\.1 401 /);
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(sent).toBeLessThan(100 * MIB);
});

test('hundreds of refused bodies keep nobody else out, and are gone soon', async () => {
  const sockets = Array.from({ length: 400 }, () => {
    const socket = open();
    socket.on('error', () => undefined);
    socket.write(head(['Authorization: Bearer nobody', 'Content-Length: 1000000']));
    return socket;
  });
  const closed = Promise.all(
    sockets.map(
      (socket) =>
        new Promise((resolve) =>
          socket
            .on('data', () => undefined)
            .on('end', resolve)
            .on('close', resolve)
        )
    )
  );
  expect(await post(house.ingest.url, JSON.stringify(moved()))).toMatchObject({ status: 200 });
  const began = performance.now();
  await closed;
  expect(performance.now() - began).toBeLessThan(5_000);
});

test.each([
  '//x/v1/events',
  '/v1/webhooks/../events',
  '/v1/webhooks/%2e%2E/events',
  '/v1\\events',
  'http://x/v1/events'
])('a path that only a parser makes into ours is not there: %s', async (path) => {
  const body = JSON.stringify(moved());
  const socket = open();
  const size = `Content-Length: ${body.length}`;
  socket.write(head([`Authorization: Bearer ${API_KEY}`, size, 'Connection: close'], path) + body);
  expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 404 /);
});

test.each([
  ['gzip, chunked', 501],
  ['gzip\r\nTransfer-Encoding: chunked', 501],
  ['Chunked', 200]
])('a transfer coding is undone or refused, and never overlooked: %s', async (coding, status) => {
  const body = Buffer.from(JSON.stringify(moved()));
  const socket = open();
  socket.write(head([`Authorization: Bearer ${API_KEY}`, `Transfer-Encoding: ${coding}`, 'Connection: close']));
  socket.write(`${body.length.toString(16)}\r\n${body.toString()}\r\n0\r\n\r\n`);
  expect(await readAll(socket)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
});

test('a client that ends its half behind a whole request is answered', async () => {
  for (let round = 0; round < 5; round++) {
    const body = JSON.stringify(moved());
    const socket = open();
    socket.end(head([`Authorization: Bearer ${API_KEY}`, `Content-Length: ${body.length}`]) + body);
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 200 [^]*"stored":1/);
  }
});

test('half a connection is not kept: idle, cut within a request, or listening to the doorbell and gone', async () => {
  const connections = async (): Promise<number> => {
    const text = await (await fetch(`${house.ingest.url}/metrics`)).text();
    return Number(/^nodejs_active_resources\{type="TCPSocketWrap"\} (\d+)$/m.exec(text)?.[1]);
  };
  const get = (path: string): string =>
    `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer test-internal-token-0123456789\r\n\r\n`;
  const before = await connections();
  const ended = ['', get('/healthz'), 'GET /hea', head(['Content-Length: 9', `Authorization: Bearer ${API_KEY}`])];
  const all = ended.flatMap((text) =>
    Array.from({ length: 10 }, () => {
      const socket = open();
      socket.on('error', () => undefined).resume();
      socket.write(text);
      // what has been answered is idle by then
      setTimeout(() => socket.end(), 300);
      return new Promise<void>((resolve) => socket.on('end', resolve).on('close', resolve));
    })
  );
  for (let i = 0; i < 10; i++) {
    const bell = open();
    bell.on('error', () => undefined).write(get('/internal/doorbell'));
    bell.once('data', () => bell.destroy());
  }
  await Promise.all(all);
  await eventually('all of them to be gone', 10_000, async () => (await connections()) <= before + 1);
});

test('refused requests are counted, also when the client leaves as soon as it has read why', async () => {
  const refused = async (): Promise<number> => {
    const text = await (await fetch(`${house.ingest.url}/metrics`)).text();
    return Number(/^pulso_ingest_requests_total\{status="401"\} (\d+)$/m.exec(text)?.[1] ?? 0);
  };
  const before = await refused();
  const socket = open();
  socket.write(head(['Authorization: Bearer nobody', 'Content-Length: 1000000']));
  await new Promise((resolve) => socket.once('data', resolve));
  socket.destroy();
  await eventually('the count', 5_000, async () => (await refused()) === before + 1);
});
