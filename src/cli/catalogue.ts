import type { Command } from 'commander';
import type { Terminal } from './terminal.ts';

export interface CommandModule {
  /** Adds the command, with everything below it, to the program. */
  register(parent: Command, terminal: Terminal): void;
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
    ['up', 'a controller, its database and a first node', () => import('./commands/up/register.ts')],
    ['node', 'this machine as a node: join, run, status, service', () => import('./commands/node/register.ts')],
    ['controller', 'a controller alone, for servers', () => import('./commands/controller/register.ts')],
  ]),
  ...group('Every day:', [
    ['run', 'run a command on many nodes and watch it', () => import('./commands/run/register.ts')],
    ['nodes', 'machines: list, show, metrics, move, remove, admit', () => import('./commands/nodes/register.ts')],
    ['runs', 'what has been run: list, show, output, cancel', () => import('./commands/runs/register.ts')],
    ['edge', 'the edge fleet: hosts, tags, groups, orders', () => import('./commands/edge/register.ts')],
  ]),
  ...group('The fleet:', [
    ['clusters', 'named networks of machines', () => import('./commands/clusters/register.ts')],
    ['aliases', 'other names of machines', () => import('./commands/aliases/register.ts')],
    ['commands', 'orders that wait for machines to return', () => import('./commands/commands/register.ts')],
    ['executions', 'commands on single machines', () => import('./commands/executions/register.ts')],
    ['outposts', 'outposts of an organisation', () => import('./commands/outposts/register.ts')],
  ]),
  ...group('Access and trust:', [
    ['keys', 'enrolment keys: what machines join with', () => import('./commands/keys/register.ts')],
    ['tokens', 'keys and tokens with scopes', () => import('./commands/tokens/register.ts')],
    ['orgs', 'organisations and their keys', () => import('./commands/orgs/register.ts')],
    ['certs', 'certificates and authorities', () => import('./commands/certs/register.ts')],
    ['audit', 'who did what, and whether the log is whole', () => import('./commands/audit/register.ts')],
    ['profile', 'which controller is spoken to, with which keys', () => import('./commands/profile/register.ts')],
  ]),
  ...group('Running it:', [
    ['admins', 'the controllers and their shares', () => import('./commands/admins/register.ts')],
    ['backup', 'write the database of a controller to a file', () => import('./commands/backup/register.ts')],
    ['restore', 'fill an empty database with a backup', () => import('./commands/restore/register.ts')],
  ]),
];

type Line = readonly [name: string, summary: string, load: () => Promise<CommandModule>];

function group(heading: string, lines: readonly Line[]): CommandEntry[] {
  return lines.map(([name, summary, load]) => ({ name, summary, load, group: heading }));
}
