import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { describeOrder, headOf } from './describe-order.ts';

test('a long script is kept by its head, and hashed whole', () => {
  const script = `echo ${'x'.repeat(10_000)}`;
  const { command, commandSha256, argsHead } = describeOrder(script, { script, user: 'deploy' });
  expect(command).toBe(`${script.slice(0, 4_095)}…`);
  expect(commandSha256.toString('hex')).toBe(createHash('sha256').update(script).digest('hex'));
  expect(argsHead).toEqual({ script: `${script.slice(0, 255)}…`, user: 'deploy' });
});

test('long lists and maps are cut, and say so', () => {
  const args = { args: Array.from({ length: 8_192 }, (_, at) => `${at}`), env: { A: '[redacted]' } };
  const { argsHead } = describeOrder('', args);
  expect(argsHead.env).toEqual({ A: '[redacted]' });
  expect(argsHead.args).toEqual([...args.args.slice(0, 32), '… 8160 more']);
  const env = Object.fromEntries(args.args.map((name) => [`N${name}`, '[redacted]']));
  expect(Object.keys(describeOrder('', { env }).argsHead.env as object)).toHaveLength(33);
});

test('no character is cut in half', () => {
  expect(headOf('ab😀cd', 4)).toBe('ab…');
  expect(headOf('ab😀', 4)).toBe('ab😀');
});
