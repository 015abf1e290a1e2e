import { expect, test } from 'vitest';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { newCredential, Secret } from '#core/kernel/secret.ts';
import { logTo } from './pino-log.ts';

function setup(level = 'info') {
  const lines: string[] = [];
  const log = logTo({ write: (line) => void lines.push(line) }, level);
  return { log, text: () => lines.join(''), last: () => JSON.parse(lines.at(-1) ?? '') };
}

test('a line is one JSON object with its facts', () => {
  const { log, last } = setup();
  log.child({ node: 'n' }).warn({ lost: 3 }, 'something happened');
  expect(last()).toMatchObject({ level: 40, node: 'n', lost: 3, msg: 'something happened' });
});

test('a credential shows neither as a secret, nor under a telling name, nor inside a message', () => {
  const { log, text } = setup();
  const key = newCredential('arb_');
  log.error({ value: new Secret(key), request: { authorization: key } }, `the key ${key} is bad`);
  log.error({ err: new Error('outer', { cause: new Error(`inner ${key}`) }) }, 'failed');
  expect(text()).not.toContain(key);
  expect(text().match(/\[redacted\]/g)?.length).toBeGreaterThanOrEqual(4);
});

test('an error is told with its code, its facts and its causes, and without what a driver hangs on it', () => {
  const { log, last } = setup();
  const driver = Object.assign(new Error('duplicate key'), { code: '23505', detail: 'Key (hash)=(abc) exists' });
  log.error({ err: new FleetError('internal', 'went wrong', { cause: driver, facts: { node: 'n' } }) }, 'failed');
  expect(last().err).toMatchObject({
    name: 'FleetError',
    code: 'internal',
    facts: { node: 'n' },
    cause: { code: '23505', message: 'duplicate key' },
  });
  expect(JSON.stringify(last())).not.toContain('abc');
});

test('what is below the level is not written', () => {
  const { log, text } = setup('warn');
  log.info({}, 'quiet');
  expect(text()).toBe('');
});
