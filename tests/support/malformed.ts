import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** What a port on a machine meets: scanners, wrong protocols, broken proxies. By name, the bytes sent. */
export const MALFORMED: Readonly<Record<string, Buffer>> = {
  nothing: Buffer.alloc(0),
  'a line of garbage': Buffer.from('hello, is anybody there?\r\n\r\n'),
  'random bytes': Buffer.from(Array.from({ length: 512 }, (_, index) => (index * 151 + 17) % 256)),
  'a TLS hello': Buffer.from('16030100c8010000c40303', 'hex'),
  'half a request line': Buffer.from('GET /pi'),
  'half a header': Buffer.from('POST / HTTP/1.1\r\nHost: x\r\nX-Click'),
  'a body shorter than told': Buffer.from('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nSELECT'),
  'a broken chunk size': Buffer.from(
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\nSELECT 1\r\n'
  ),
  'a header of 1 MB': Buffer.from(`GET / HTTP/1.1\r\nX-Long: ${'a'.repeat(1_000_000)}\r\n\r\n`),
  'a wrong version': Buffer.from('GET / HTTP/9.9\r\n\r\n'),
  'zero bytes': Buffer.alloc(4_096)
};

/** end: a clean FIN after the bytes; reset: RST; wait: left open until the server closes or the time is over. */
export const WAYS_TO_CLOSE = ['end', 'reset', 'wait'] as const;
type WayToClose = (typeof WAYS_TO_CLOSE)[number];

const WAIT_MS = 300;

/** Sends the bytes, closes as told, and resolves when the connection is gone. */
export function abuse(port: number, bytes: Buffer, way: WayToClose): Promise<void> {
  return new Promise((settle) => {
    const socket: Socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.on('close', () => settle());
    socket.resume();
    socket.once('connect', () => {
      socket.write(bytes, () => {
        if (way === 'end') socket.end();
        else if (way === 'reset') socket.resetAndDestroy();
        setTimeout(() => socket.destroy(), WAIT_MS);
      });
    });
  });
}
