import type { CommandSpec } from '../../command-spec.ts';
import { join } from './join.ts';
import { keys } from './keys.ts';
import { leave } from './leave.ts';
import { releaseKey } from './release-key.ts';
import { run } from './run.ts';
import { service } from './service.ts';
import { status } from './status.ts';

export const command: CommandSpec = {
  name: 'node',
  description: 'This machine as a node: join, run, status, keys, release-key, service, leave.',
  examples: [
    ['garrison node join KEY && garrison node run', 'join with a key or token of an operator, and run'],
    ['garrison node service install', 'run at every start of the machine'],
  ],
  commands: [join, run, status, keys, releaseKey, service, leave],
};
