import { expect, test } from 'vitest';
import { commandText } from './command-text.ts';

test.each([
  ['cmd.run', { command: 'uname', args: ['-a'] }, 'uname -a'],
  ['cmd.run', { argv: ['echo', "it's", '', 'a b'] }, "echo 'it'\\''s' '' 'a b'"],
  ['cmd.run', { command: 'env', env: { TOKEN: '[redacted]' } }, 'env'],
  ['script.run', { script: 'set -e\nmake\n' }, 'set -e\nmake\n'],
  ['service.restart', { name: 'nginx' }, 'service.restart name=nginx'],
  ['fs.write', { path: '/etc/motd', content: '[redacted]' }, "fs.write path=/etc/motd content='[redacted]'"],
  ['host.facts', {}, 'host.facts'],
])('%s %j reads as a person would write it', (tool, args, text) => {
  expect(commandText(tool, args)).toBe(text);
});
