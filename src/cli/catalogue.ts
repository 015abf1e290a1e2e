import type { CommandSpec } from './command-spec.ts';

export interface CommandModule {
  readonly command: CommandSpec;
}

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly group: string;
  readonly load: () => Promise<CommandModule>;
}

/** Every command with its line in the help. A module is loaded when it is called, so a daemon carries no other command. */
export const COMMANDS: readonly CommandEntry[] = [
  ...group('Start and keep running:', [
    ['up', 'a controller, its database and a first node', () => import('./commands/up/up.ts')],
    ['node', 'this machine as a node: join, run, status, service', () => import('./commands/node/node.ts')],
    ['controller', 'a controller alone, for servers', () => import('./commands/controller/controller.ts')],
  ]),
  ...group('Every day:', [
    ['run', 'run a command on many nodes and watch it', () => import('./commands/run/run.ts')],
    ['nodes', 'machines: list, show, metrics, move, remove, admit', () => import('./commands/nodes/nodes.ts')],
    ['runs', 'what has been run: list, show, output, cancel', () => import('./commands/runs/runs.ts')],
    ['approvals', 'what has to be approved: list, show, approve, deny', () => import('./commands/approvals.ts')],
    ['console', 'open the console in a browser, signed in', () => import('./commands/console.ts')],
    ['edge', 'the edge fleet: hosts, tags, groups, orders', () => import('./commands/edge/edge.ts')],
  ]),
  ...group('One machine:', [
    ['ssh', 'a shell on one machine', () => import('./commands/reach/ssh.ts')],
    ['exec', 'one command on one machine, with its input and output', () => import('./commands/reach/exec.ts')],
    [
      'sessions',
      'who is connected to what: list, show, end, play, watch',
      () => import('./commands/sessions/sessions.ts'),
    ],
    ['cp', 'files to machines, and back from them', () => import('./commands/copy/cp.ts')],
    ['tunnel', 'a port of a machine, or beyond it, on this one', () => import('./commands/reach/tunnel.ts')],
    ['ssh-users', 'who may sign in to machines by SSH', () => import('./commands/reach/ssh-users.ts')],
    ['ssh-config', 'OpenSSH reaches machines by their names', () => import('./commands/reach/ssh-config.ts')],
  ]),
  ...group('Coding agents:', [
    ['dispatch', 'tasks for agents: run, logs, diff, apply, compare', () => import('./commands/dispatch/dispatch.ts')],
    ['workspaces', 'checkouts that are kept between dispatches', () => import('./commands/workspaces.ts')],
    ['agents', 'agents: list, and what a machine needs for them', () => import('./commands/agents.ts')],
    ['mcp', 'MCP: agents that operate the fleet', () => import('./commands/mcp.ts')],
    ['secrets', 'secrets for dispatches and for relays', () => import('./commands/secrets.ts')],
  ]),
  ...group('The fleet:', [
    ['clusters', 'named networks of machines', () => import('./commands/clusters.ts')],
    ['aliases', 'other names of machines', () => import('./commands/aliases.ts')],
    ['commands', 'orders that wait for machines to return', () => import('./commands/commands/commands.ts')],
    ['executions', 'commands on single machines', () => import('./commands/executions.ts')],
    ['events', 'what happens, as it happens', () => import('./commands/events.ts')],
    ['webhooks', 'addresses that events are posted to', () => import('./commands/webhooks/webhooks.ts')],
    ['outposts', 'outposts of an organisation', () => import('./commands/outposts/outposts.ts')],
  ]),
  ...group('Access and trust:', [
    ['keys', 'enrolment keys: what machines join with', () => import('./commands/keys.ts')],
    ['tokens', 'keys and tokens with scopes', () => import('./commands/tokens.ts')],
    [
      'reach-rules',
      'which nodes and ports a token or a person may reach',
      () => import('./commands/reach/reach-rules.ts'),
    ],
    ['orgs', 'organisations and their keys', () => import('./commands/orgs/orgs.ts')],
    ['certs', 'certificates and authorities', () => import('./commands/certs.ts')],
    ['audit', 'who did what, and whether the log is whole', () => import('./commands/audit/audit.ts')],
    ['login', 'sign in at a controller, by browser, code or token', () => import('./commands/login.ts')],
    ['logout', 'forget the sign-in', () => import('./commands/logout.ts')],
    ['profile', 'which controller is spoken to, with which keys', () => import('./commands/profile.ts')],
  ]),
  ...group('Running it:', [
    ['admins', 'the controllers and their shares', () => import('./commands/admins.ts')],
    [
      'releases',
      'versions of the program for nodes: sign, publish, withdraw',
      () => import('./commands/releases/releases.ts'),
    ],
    ['updates', 'nodes to another version, in waves', () => import('./commands/updates/updates.ts')],
    ['backup', 'write the database of a controller to a file', () => import('./commands/backup/backup.ts')],
    ['restore', 'fill an empty database with a backup', () => import('./commands/restore/restore.ts')],
    ['completion', 'completion of command lines for bash, zsh and fish', () => import('./commands/completion.ts')],
  ]),
];

type Line = readonly [name: string, summary: string, load: () => Promise<CommandModule>];

function group(heading: string, lines: readonly Line[]): CommandEntry[] {
  return lines.map(([name, summary, load]) => ({ name, summary, load, group: heading }));
}
