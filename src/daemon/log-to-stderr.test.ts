import { expect, test } from 'vitest';
import { logToStderr } from './log-to-stderr.ts';

test('writes a line per event, with its facts, and nothing below its level', () => {
  const lines: string[] = [];
  const log = logToStderr('info', (line) => void lines.push(line)).child({ node: 'n-1' });
  log.debug({}, 'not shown');
  log.info({ endpoint: 'host:7071', waitMs: 5, nothing: undefined }, 'a session is open');
  log.error({ error: new Error('it "broke"\nbadly') }, 'it failed');
  expect(lines).toEqual([
    'info a session is open node=n-1 endpoint=host:7071 waitMs=5\n',
    'error it failed node=n-1 error="it \\"broke\\"\\nbadly"\n',
  ]);
});
