import { randomBytes } from 'node:crypto';
import { RawConnection } from '../wire/http1.ts';
import { countBy, inParallel } from '../wire/tenant.ts';
import { given, report } from './given.ts';

/** Upgrades to what is not spoken here, with and without garbage after them, and other protocols' first words. */
const { api } = given();
const upgrade = (protocol: string, more = '') =>
  `GET /v1/edge/hosts HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: ${protocol}\r\n${more}\r\n`;
const WORDS: readonly (string | Buffer)[] = [
  upgrade('websocket', 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n'),
  upgrade('websocket', 'sec-websocket-version: 99\r\n'),
  upgrade('h2c', 'http2-settings: AAMAAABkAARAAAAAAAIAAAAA\r\n'),
  upgrade('x'.repeat(7_000)),
  'CONNECT 169.254.169.254:80 HTTP/1.1\r\nhost: x\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'GET http://169.254.169.254/latest HTTP/1.1\r\nhost: x\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n',
  'SSH-2.0-OpenSSH_9.2\r\n',
  `GET / HTTP/1.1\r\nexpect: 100-continue\r\nhost: x\r\n\r\n`,
  `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(3_000)}\r\n`,
];
const answers = await inParallel(1_100, 40, async (index) => {
  const connection = new RawConnection(api);
  connection.write(WORDS[index % WORDS.length] ?? '');
  connection.write(randomBytes(2_000));
  await connection.until(1_000);
  return connection.received.split(' ', 2)[1] ?? 'closed';
});
report(countBy(answers));
