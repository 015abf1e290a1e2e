import { expect, test } from 'vitest';
import { commandLine } from './command-line.ts';
import { FIRST_POLICY, readPolicyDraft } from './policy-draft.ts';
import { fieldsOf, OFFERED_TOOLS, readArgs } from './tool-fields.ts';

test('every tool that is offered has fields of its schema, secrets are known as such', () => {
  for (const tool of OFFERED_TOOLS) expect(fieldsOf(tool)).toBeInstanceOf(Array);
  const script = fieldsOf('script.run');
  expect(script.find(({ name }) => name === 'script')).toEqual({
    name: 'script',
    kind: 'long-text',
    isRequired: true,
    isSecret: false,
  });
  expect(script.find(({ name }) => name === 'env')).toMatchObject({ kind: 'pairs', isSecret: true });
  expect(OFFERED_TOOLS).not.toContain('agent.run');
});

test('what was typed becomes arguments, and what is empty is left out', () => {
  const args = readArgs(fieldsOf('script.run'), {
    script: 'uptime',
    args: 'a\nb',
    env: 'A=1\nB=x=y',
    cwd: '',
    timeout_secs: '30',
  });
  expect(args).toEqual({ script: 'uptime', args: ['a', 'b'], env: { A: '1', B: 'x=y' }, timeout_secs: 30 });
});

const secrets = new Set(['env']);

test('an order is a line for a shell, with quotes and without secrets', () => {
  const policy = { ...FIRST_POLICY, mode: 'rolling', batch: '5', failure: 'stop-after', deadline: 'none' } as const;
  expect(
    commandLine({
      tool: 'script.run',
      args: { script: "echo 'hi'", env: { A: '1' } },
      on: 'tags=web !web-1',
      policy,
      secrets,
    }),
  ).toBe(
    `garrison run 'echo '\\''hi'\\''' --on 'tags=web !web-1' --mode rolling=5 --on-error stop-after=1 --arg 'env=…'`,
  );
  expect(
    commandLine({
      tool: 'cmd.run',
      args: { command: 'ls', args: ['-l', '/a b'] },
      on: '',
      policy: FIRST_POLICY,
      secrets,
    }),
  ).toBe(`garrison run --on all --deadline 3600s -- ls -l '/a b'`);
});

test('a policy is what the form says', () => {
  expect(readPolicyDraft(FIRST_POLICY)).toEqual({
    mode: 'Parallel',
    failure_policy: 'ContinueOnError',
    per_target_deadline_secs: 3_600,
  });
  expect(
    readPolicyDraft({
      ...FIRST_POLICY,
      mode: 'rolling',
      failure: 'fail-fast',
      most: '4',
      floor: '2',
      deadline: 'none',
    }),
  ).toEqual({
    mode: { Rolling: { percent: 10 } },
    failure_policy: 'FailFast',
    per_target_deadline_secs: null,
    max_concurrency: 4,
    require_min_targets: 2,
  });
});
