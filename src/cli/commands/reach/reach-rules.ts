import type { ReachAllowance, ReachRule } from '#client/native/native-client.ts';
import { usageError } from '../../cli-error.ts';
import { argument, type CommandSpec, option } from '../../command-spec.ts';
import { sentenceView, tableView } from '../../output/print-view.ts';
import { repeated } from '../../parse/read-pairs.ts';

const KINDS = ['port', 'exit', 'ssh', 'terminal'] as const;
type Kind = (typeof KINDS)[number];

interface SetOptions {
  readonly on?: string;
  readonly kind?: readonly Kind[];
  readonly host?: readonly string[];
  readonly port?: readonly string[];
  readonly also?: boolean;
  readonly nothing?: boolean;
}

const list: CommandSpec = {
  name: 'list',
  aliases: ['ls'],
  description: 'List what tokens and persons may reach. Whoever has no rule may reach what the scopes open.',
  examples: [['garrison reach-rules ls', 'who is bound, and to what']],
  run: async (invocation) => {
    const rules = await (await invocation.native()).reachRules();
    const rows = rules.flatMap((rule) => linesOf(rule).map((says) => ({ ...rule, says })));
    await invocation.print({
      ...tableView(
        rows,
        [
          { header: 'SUBJECT', value: (row) => row.subject },
          { header: 'MAY REACH', value: (row) => row.says, isFlexible: true },
          { header: 'SET', value: (row) => invocation.ago(row.updated_at) },
        ],
        'No rules: scopes alone say what may be reached.',
      ),
      data: rules,
    });
  },
};

function linesOf({ allow }: ReachRule): string[] {
  return allow.length === 0 ? ['nothing'] : allow.map(describe);
}

function describe({ on, kinds: some, hosts, ports }: ReachAllowance): string {
  return [
    `on ${on}`,
    some && `kinds ${some.join(',')}`,
    hosts && `hosts ${hosts.join(',')}`,
    ports && `ports ${ports.join(',')}`,
  ]
    .filter((part) => part !== undefined)
    .join('  ');
}

const set: CommandSpec = {
  name: 'set',
  description: 'Say what a token or a person may reach by tunnels, terminals and the proxies, and nothing else.',
  arguments: [argument('<subject>', 'whom: the id of a token, the subject of a sign-in, proxy-key')],
  options: [
    option('--on <target>', 'which nodes, as for run'),
    option('--kind <kind>', `${KINDS.join(', ')}; may be repeated (default: all)`, kinds),
    option('--host <host>', 'hosts beyond them: names, addresses, networks; may be repeated (default: any)', repeated),
    option('--port <ports>', 'a port or a range; may be repeated (default: any)', repeated),
    option('--also', 'beside what the rule allows already'),
    option('--nothing', 'nothing at all'),
  ],
  examples: [
    ["garrison reach-rules set 0199a3f4-… --on 'tags=web' --kind port --port 443", 'one port of the web servers'],
    [
      "garrison reach-rules set anna@example.com --on 'gateway' --kind exit --host '*.lan'",
      'printers through a gateway',
    ],
  ],
  run: async (invocation, subject: string) => {
    const options = invocation.opts<SetOptions>();
    const client = await invocation.native();
    const before = options.also === true ? await client.reachRules() : [];
    const kept = before.find((rule) => rule.subject === subject)?.allow ?? [];
    const rule = await client.setReachRule({ subject, allow: [...kept, ...readAllow(options)] });
    await invocation.print(sentenceView(rule, `${subject} may reach: ${linesOf(rule).join('; ')}`));
  },
};

function kinds(text: string, before: readonly Kind[] = []): readonly Kind[] {
  const kind = KINDS.find((one) => one === text);
  if (kind === undefined) throw usageError(`--kind is one of ${KINDS.join(', ')}`);
  return [...before, kind];
}

function readAllow({ on, kind, host, port, nothing = false }: SetOptions): ReachAllowance[] {
  if (nothing && on === undefined) return [];
  if (nothing || on === undefined) throw usageError('say which nodes with --on, or --nothing');
  return [
    { on, ...(kind && { kinds: [...kind] }), ...(host && { hosts: [...host] }), ...(port && { ports: [...port] }) },
  ];
}

const remove: CommandSpec = {
  name: 'remove',
  aliases: ['rm'],
  description: 'Remove a rule: scopes alone say what may be reached.',
  arguments: [argument('<subject>', 'whom it bound')],
  examples: [['garrison reach-rules rm 0199a3f4-…', 'the token is not bound any more']],
  run: async (invocation, subject: string) => {
    await (await invocation.native()).removeReachRule(subject);
    await invocation.print(sentenceView({ subject, removed: true }, `${subject} is not bound any more`));
  },
};

export const command: CommandSpec = {
  name: 'reach-rules',
  description: 'Which nodes and ports a token or a person may reach.',
  examples: [["garrison reach-rules set 0199a3f4-… --on 'tags=web' --port 443", 'a token for one purpose']],
  commands: [list, set, remove],
};
