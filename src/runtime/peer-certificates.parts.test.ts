import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { ScriptedAuthority } from '#test/support/scripted-listener.ts';
import { newSigningRequest } from '#test/support/signing-request.ts';
import { keepIssuersOfPeers } from './peer-certificates.ts';

const WARM_UP = 40;
const CONNECTIONS = 60;
/** As many as the library takes in one chain, about: 100 KB. */
const ISSUERS = 150;
/** Without the answer of ours it is 2 MB for each connection, so 120 MB. */
const MOST_BYTES = 60_000_000;

test('certificates that a peer presents beside its own cost no memory once it has gone', async () => {
  keepIssuersOfPeers();
  keepIssuersOfPeers();
  const authority = new ScriptedAuthority();
  const { csr, privateKey } = newSigningRequest();
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const cert = authority.certify(csr) + authority.root.certificate.pem.repeat(ISSUERS);
  const { chain, key: serverKey } = authority.server();
  const server = createServer({ cert: chain, key: serverKey, ca: authority.bundle, requestCert: true });
  const peers: boolean[] = [];
  server.on('secureConnection', (socket: TLSSocket) => {
    peers.push(socket.authorized && socket.getPeerCertificate().raw.length > 100);
    socket.on('error', () => {}).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const comeAndGo = async (times: number) => {
    for (let each = 0; each < times; each += 1) {
      const socket = connect({ host: '127.0.0.1', port, cert, key, ca: authority.bundle }).resume();
      await once(socket, 'close');
    }
    return process.memoryUsage.rss();
  };
  const before = await comeAndGo(WARM_UP);
  expect((await comeAndGo(CONNECTIONS)) - before).toBeLessThan(MOST_BYTES);
  expect(peers).toEqual(Array(WARM_UP + CONNECTIONS).fill(true));
  server.close();
});
