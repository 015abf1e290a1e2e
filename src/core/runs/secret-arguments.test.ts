import { expect, test } from 'vitest';
import { newId, type RunId } from '../kernel/ids.ts';
import { Sealer, UnsealError } from '../kernel/sealer.ts';
import { openArguments, sealArguments } from './secret-arguments.ts';

const sealer = new Sealer(Buffer.alloc(32, 1));
const runId = newId<RunId>();
const secret = ['env', 'stdin'];

test('secret arguments are sealed, the names of an environment and all others stay readable', () => {
  const args = { command: 'x', env: { TOKEN: 's3cret', __proto__x: '' }, stdin: 'hush' };
  const kept = sealArguments(sealer, runId, { args, secret });
  expect(kept.args).toEqual({
    command: 'x',
    env: { TOKEN: '[redacted]', __proto__x: '[redacted]' },
    stdin: '[redacted]',
  });
  expect(kept.sealedArgs?.includes('s3cret')).toBe(false);
  const argsJson = JSON.stringify(kept.args);
  expect(JSON.parse(openArguments(sealer, runId, { argsJson, sealedArgs: kept.sealedArgs }))).toEqual(args);
});

test('without a secret argument nothing is sealed and nothing opened', () => {
  const args = { command: 'x' };
  expect(sealArguments(sealer, runId, { args, secret })).toEqual({ args, sealedArgs: null });
  expect(openArguments(sealer, runId, { argsJson: '{"command":"x"}', sealedArgs: null })).toBe('{"command":"x"}');
});

test('what was sealed for one run does not open for another', () => {
  const { sealedArgs } = sealArguments(sealer, runId, { args: { stdin: 'hush' }, secret });
  expect(() => openArguments(sealer, newId<RunId>(), { argsJson: '{}', sealedArgs })).toThrow(UnsealError);
});
