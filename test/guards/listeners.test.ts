import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT, sourceFiles } from './source-imports.ts';

const filesWith = (pattern: RegExp) =>
  sourceFiles().filter((file) => pattern.test(readFileSync(join(ROOT, 'src', file), 'utf8')));

test('every listener owns its raw sockets', () => {
  const listeners = filesWith(/\bcreate(Secure)?Server\(/);
  expect(listeners.length).toBeGreaterThan(2);
  expect(listeners.filter((file) => !filesWith(/new OwnedSockets\(/).includes(file))).toEqual([]);
});

test('one place hands a response over to something that lives long', () => {
  const upgrading = ['client/tunnels/open-tunnel.ts', 'surfaces/http/listeners.ts', 'surfaces/tunnels/http-proxy.ts']; // connections of a tunnel, which its desk bounds
  expect(filesWith(/\.hijack\(|\.on\('upgrade'/)).toEqual([...upgrading, 'surfaces/http/send.ts'].sort());
});
