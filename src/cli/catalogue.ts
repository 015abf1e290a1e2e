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

const START = 'Start and keep running:';
const EVERYDAY = 'Every day:';
const FLEET = 'The fleet:';
const ACCESS = 'Access and trust:';

/** Every command with its line in the help. A module is loaded when it is called, so a daemon carries no other command. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'run',
    summary: 'run a command on many nodes and watch it',
    group: EVERYDAY,
    load: () => import('./commands/run/register.ts'),
  },
  {
    name: 'nodes',
    summary: 'machines: list, show, move, remove',
    group: EVERYDAY,
    load: () => import('./commands/nodes/register.ts'),
  },
  {
    name: 'runs',
    summary: 'what has been run: list, show, output, cancel',
    group: EVERYDAY,
    load: () => import('./commands/runs/register.ts'),
  },
];
void [START, FLEET, ACCESS];
