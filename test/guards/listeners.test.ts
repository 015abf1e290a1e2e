import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT, sourceFiles } from './source-imports.ts';

const filesWith = (pattern: RegExp) =>
  sourceFiles().filter((file) => pattern.test(readFileSync(join(ROOT, 'src', file), 'utf8')));

/** They listen on a socket of one agent, or inside its sandbox, for as long as it runs; their connections are bounded by `maxConnections`. */
const OF_ONE_AGENT = [
  'daemon/agents/relay/agent-inside.ts',
  'daemon/agents/relay/egress-proxy.ts',
  'daemon/agents/relay/model-relay.ts',
];

/** For one redirect of a person's own browser, on loopback, while `garrison login` waits. */
const OF_ONE_REDIRECT = ['cli/sign-in/await-redirect.ts'];

test('every listener owns its raw sockets', () => {
  const listeners = filesWith(/\bcreate(Secure)?Server\(/);
  expect(listeners.length).toBeGreaterThan(2);
  expect(listeners.filter((file) => !filesWith(/new OwnedSockets\(/).includes(file))).toEqual([
    ...OF_ONE_REDIRECT,
    ...OF_ONE_AGENT,
  ]);
});

test('one place hands a response over to something that lives long', () => {
  const mcp = ['surfaces/mcp/door.ts']; // one call, which ends within a minute, or with its client
  const upgrading = ['client/tunnels/open-tunnel.ts', 'surfaces/http/listeners.ts', 'surfaces/tunnels/http-proxy.ts']; // connections of a tunnel, which its desk bounds
  expect(filesWith(/\.hijack\(|\.on\('upgrade'/)).toEqual([...upgrading, ...mcp, 'surfaces/http/send.ts'].sort());
});

test('nobody asks for a certificate in the way that loses its issuers, and who asks for certificates keeps them', () => {
  expect(filesWith(/\.getPeerX509Certificate\(/)).toEqual([]);
  const asking = filesWith(/\brequestCert: true\b/);
  expect(asking).toEqual(['surfaces/http/listeners.ts', 'surfaces/node-session/controller-credentials.ts']);
  const listening = ['surfaces/http/listeners.ts', 'surfaces/node-session/node-listener.ts']; // the latter with those credentials
  expect(filesWith(/\bkeepIssuersOfPeers\(\);/)).toEqual(listening);
});
