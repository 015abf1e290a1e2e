import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import type { Terminal } from '../../terminal.ts';
import { addJoin } from './join.ts';
import { registerKeys } from './keys/register.ts';
import { addLeave } from './leave.ts';
import { addRun } from './run.ts';
import { addService } from './service.ts';
import { addStatus } from './status.ts';

export function register(parent: Command, terminal: Terminal): void {
  const node = parent.command('node').description('This machine as a node: join, run, status, keys, service, leave.');
  addJoin(node, terminal);
  addRun(node, terminal);
  addStatus(node, terminal);
  registerKeys(node, terminal);
  addService(node, terminal);
  addLeave(node, terminal);
  addExamples(node, [
    ['garrison node join KEY && garrison node run', 'join with a key or token of an operator, and run'],
    ['garrison node service install', 'run at every start of the machine'],
  ]);
}
