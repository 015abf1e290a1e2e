import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import type { Terminal } from '../../terminal.ts';
import { addList } from './list.ts';
import { addRm } from './rm.ts';
import { addRun } from './run.ts';
import { addShow } from './show.ts';

export function register(parent: Command, terminal: Terminal): void {
  const commands = parent.command('commands').description('Orders that wait for machines to return.');
  addRun(commands, terminal);
  addList(commands, terminal);
  addShow(commands, terminal);
  addRm(commands, terminal);
  addExamples(commands, [["garrison commands run 'echo hello' --on all --watch", 'order one and wait']]);
}
