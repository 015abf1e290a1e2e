/** Every combination of keys of the policy file, for every tool: what a key says holds, whatever the others say. */
import { describe, expect, test } from 'vitest';
import { TOOL_NAMES, type ToolArgs, type ToolName } from '#protocol/tools/tools.ts';
import { decide, type PolicyContext, type PolicyDecision, type Rule } from './decide.ts';
import { type DemandKind, TOOL_DEMANDS } from './demands.ts';
import type { Policy } from './policy.ts';

const OWN = { root: { name: 'root', uid: 0 }, daemon: { name: 'garrison', uid: 990 } };

/** What each key says in these tests, beside what it says of an order that is allowed although it is written. */
const KEYS: { readonly [Key in keyof Required<Policy>]: KeyCase<Key> } = {
  allow: {
    value: ['cmd.run', 'script.run', 'service.*', 'fs.read', 'fs.write'],
    holds: ({ tool }) => !['host.facts', 'fs.list', 'fs.stat'].includes(tool),
  },
  deny: { value: ['service.stop', 'fs.write'], holds: ({ tool }) => !['service.stop', 'fs.write'].includes(tool) },
  runAs: { value: 'deploy', holds: ({ acting }) => acting === 'deploy' },
  allowedUsers: { value: ['deploy', 'www-data'], holds: ({ acting }) => ['deploy', 'www-data'].includes(acting) },
  allowedCommands: {
    value: ['env'],
    holds: ({ kind, args }) => kind !== 'script' && (kind !== 'program' || args.command === 'env'),
  },
  allowedVariables: {
    value: ['LANG'],
    holds: ({ args }) => Object.keys(args.env ?? {}).every((name) => name === 'LANG'),
  },
  allowedRoots: { value: ['/srv'], holds: () => true },
  agents: {
    value: { deny: ['codex'], networks: ['off', 'allow-list'], hosts: ['github.com'] },
    holds: ({ tool, args }) =>
      tool !== 'agent.run' ||
      (args.agent !== 'codex' &&
        args.definition === undefined &&
        args.network?.mode !== 'open' &&
        !reachesElsewhere(args)),
  },
  tunnels: { value: { ports: [{ from: 22, to: 22 }], exit: [] }, holds: () => true },
  ssh: { value: { users: { ada: 'root' } }, holds: () => true },
};

const reachesElsewhere = ({ network }: AnyArgs) => network?.hosts?.some((host) => host !== 'github.com') === true;

interface KeyCase<Key extends keyof Policy> {
  readonly value: NonNullable<Policy[Key]>;
  /** What is true of an order that is allowed under any policy with this key. */
  readonly holds: (order: AllowedOrder) => boolean;
}

interface AllowedOrder {
  readonly tool: ToolName;
  readonly kind: DemandKind;
  readonly args: AnyArgs;
  /** Whom it acts as. */
  readonly acting: string;
}

interface AnyArgs {
  readonly command?: string;
  readonly user?: string;
  readonly env?: Record<string, string>;
  readonly mode?: string;
  readonly agent?: string;
  readonly definition?: { readonly command: readonly string[] };
  readonly network?: { readonly mode: string; readonly hosts?: readonly string[] };
}

/** A refusal goes away by writing one of these keys, and by no other. */
const LIFTED_BY: Readonly<Record<Rule, readonly (keyof Policy)[]>> = {
  allow: ['allow'],
  deny: [],
  run_as: ['runAs'],
  allowed_users: ['runAs', 'allowedUsers'],
  allowed_commands: [],
  allowed_variables: ['allowedVariables'],
  allowed_roots: ['allowedRoots'],
  agents: ['agents'],
  file_mode: [],
};

const USERS = [{}, ...['root', 'deploy', 'www-data', 'garrison', 'postgres'].map((user) => ({ user }))];
const VARIABLES = [{}, { env: { LANG: 'C' } }, { env: { LD_PRELOAD: '/tmp/x.so' } }];

/** Orders that start nothing for anybody. */
const ACTS_FOR_NOBODY: ReadonlySet<DemandKind> = new Set(['facts', 'update', 'agent']);

/** What is asked of each tool. */
const ORDERS: { readonly [Kind in DemandKind]: readonly AnyArgs[] } = {
  program: USERS.flatMap((user) =>
    VARIABLES.flatMap((env) => ['env', 'sh', './env'].map((command) => ({ command, ...user, ...env }))),
  ),
  script: USERS.flatMap((user) => VARIABLES.map((env) => ({ script: 'id', ...user, ...env }))),
  service: [{}],
  facts: [{}],
  update: [{}],
  agent: ['claude', 'codex'].flatMap((agent) =>
    [{}, { definition: { command: ['sh'] } }].flatMap((definition) =>
      [
        {},
        { network: { mode: 'open' } },
        { network: { mode: 'allow-list', hosts: ['github.com'] } },
        { network: { mode: 'allow-list', hosts: ['169.254.169.254'] } },
      ].map((network) => ({ agent, ...definition, ...network })),
    ),
  ),
  file: USERS.flatMap((user) => ['0644', '4755', '2755', '1777'].map((mode) => ({ path: '/srv/x', mode, ...user }))),
};

const KEY_NAMES = Object.keys(KEYS) as (keyof Policy)[]; // a total record of them
const COMBINATIONS = Array.from({ length: 2 ** KEY_NAMES.length }, (_, bits) =>
  KEY_NAMES.filter((_key, place) => (bits & (1 << place)) !== 0),
);

const policyWith = (keys: readonly (keyof Policy)[]): Policy =>
  Object.fromEntries(keys.map((key) => [key, KEYS[key].value]));

function ask(policy: Policy, own: PolicyContext['own'], tool: ToolName, args: AnyArgs): PolicyDecision {
  return decide({ policy, own, path: '/usr/bin:/bin' }, tool, args as ToolArgs[ToolName]); // of this tool
}

describe.each(Object.entries(OWN))('a daemon that runs as %s', (_who, own) => {
  describe.each(TOOL_NAMES)('%s', (tool) => {
    const { kind } = TOOL_DEMANDS[tool];

    test('under every combination of keys is held by each of them', () => {
      for (const keys of COMBINATIONS) {
        for (const args of ORDERS[kind]) {
          const decision = ask(policyWith(keys), own, tool, args);
          if ('refusal' in decision) continue;
          const order = { tool, kind, args, acting: decision.permit.user ?? own.name };
          const loosened = keys
            .filter((key) => !ACTS_FOR_NOBODY.has(kind) || key === 'allow' || key === 'deny' || key === 'agents')
            .filter((key) => !KEYS[key].holds(order));
          expect({ keys, args, loosened }).toEqual({ keys, args, loosened: [] });
        }
      }
    });

    test('is refused until a key is written that the refusal names, or for ever', () => {
      for (const keys of COMBINATIONS) {
        for (const added of KEY_NAMES.filter((key) => !keys.includes(key))) {
          for (const args of ORDERS[kind]) {
            const before = ask(policyWith(keys), own, tool, args);
            const after = ask(policyWith([...keys, added]), own, tool, args);
            if ('permit' in before || 'refusal' in after) continue;
            expect({ keys, args, lifting: LIFTED_BY[before.refusal.rule] }).toMatchObject({
              lifting: expect.arrayContaining([added]),
            });
          }
        }
      }
    });

    test('never acts as root once a key about users is written that does not name it', () => {
      for (const keys of COMBINATIONS.filter((some) => some.includes('runAs') || some.includes('allowedUsers'))) {
        for (const args of ORDERS[kind]) {
          const decision = ask(policyWith(keys), own, tool, args);
          if (ACTS_FOR_NOBODY.has(kind) || 'refusal' in decision) continue;
          expect(decision.permit.user ?? own.name, `${keys} ${JSON.stringify(args)}`).not.toBe('root');
        }
      }
    });
  });
});

describe('without a policy', () => {
  test.each(TOOL_NAMES)('%s is open, as whom the order names', (tool) => {
    for (const args of ORDERS[TOOL_DEMANDS[tool].kind].filter((one) => !('mode' in one) || one.mode === '0644')) {
      expect(ask({}, OWN.root, tool, args)).toEqual({ permit: { user: args.user, program: undefined } });
    }
  });

  test.each(['4755', '2755', '1777'])('no file gets the mode %s', (mode) => {
    expect(ask({}, OWN.root, 'fs.write', { mode })).toMatchObject({ refusal: { rule: 'file_mode' } });
  });
});

describe('a refusal', () => {
  const root = (policy: Policy, tool: ToolName, args: AnyArgs) => ask(policy, OWN.root, tool, args);

  test.each<[string, Policy, ToolName, AnyArgs, Rule]>([
    ['a tool that is not allowed', { allow: ['host.facts'] }, 'cmd.run', { command: 'id' }, 'allow'],
    ['a tool that is denied as well', { allow: ['*'], deny: ['cmd.*'] }, 'cmd.run', { command: 'id' }, 'deny'],
    ['a user beside the one', { runAs: 'deploy' }, 'cmd.run', { command: 'id', user: 'root' }, 'run_as'],
    ['nobody named', { allowedUsers: ['deploy'] }, 'cmd.run', { command: 'id' }, 'run_as'],
    ['nobody named, root listed', { allowedUsers: ['root'] }, 'script.run', {}, 'run_as'],
    ['a service, which names nobody', { allowedUsers: ['deploy'] }, 'service.stop', {}, 'run_as'],
    [
      'a user who is not listed',
      { allowedUsers: ['deploy'] },
      'cmd.run',
      { command: 'id', user: 'root' },
      'allowed_users',
    ],
    ['a user where none is', { allow: ['cmd.run'] }, 'cmd.run', { command: 'id', user: 'postgres' }, 'allowed_users'],
    [
      'keys that contradict each other',
      { runAs: 'deploy', allowedUsers: ['www-data'] },
      'cmd.run',
      { command: 'id' },
      'allowed_users',
    ],
    ['a command', { allowedCommands: ['env'] }, 'cmd.run', { command: 'id' }, 'allowed_commands'],
    ['a script', { allowedCommands: ['env'] }, 'script.run', {}, 'allowed_commands'],
    ['a service by the way', { allowedCommands: ['env'] }, 'service.start', {}, 'allow'],
    ['a service by a star', { allow: ['*'], allowedCommands: ['env'] }, 'service.start', {}, 'allow'],
    [
      'a variable',
      { allowedCommands: ['env'] },
      'cmd.run',
      { command: 'env', env: { PATH: '/tmp' } },
      'allowed_variables',
    ],
    ['a variable of a script', { allowedVariables: [] }, 'script.run', { env: { A: '' } }, 'allowed_variables'],
    ['files, no roots', { allowedCommands: ['env'] }, 'fs.write', {}, 'allowed_roots'],
    ['files of a user, no roots', { runAs: 'deploy' }, 'fs.read', {}, 'allowed_roots'],
  ])('of %s names the key', (_what, policy, tool, args, rule) => {
    const decision = root(policy, tool, args);
    expect(decision).toMatchObject({ refusal: { rule } });
    expect('refusal' in decision && decision.refusal.message).toContain(`(${rule})`);
  });

  test('is not what a daemon meets that is itself the user that is allowed', () => {
    const policy = { allowedUsers: ['garrison'] };
    expect(ask(policy, OWN.daemon, 'script.run', {})).toMatchObject({ permit: { user: undefined } });
  });
});
