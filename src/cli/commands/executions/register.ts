import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import type { Terminal } from '../../terminal.ts';
import { addCancel } from './cancel.ts';
import { addList } from './list.ts';
import { addOutput } from './output.ts';
import { addRm } from './rm.ts';
import { addShow } from './show.ts';

export function register(parent: Command, terminal: Terminal): void {
  const executions = parent
    .command('executions')
    .description('Commands on single machines: list, show, output, cancel.');
  addList(executions, terminal);
  addShow(executions, terminal);
  addOutput(executions, terminal);
  addCancel(executions, terminal);
  addRm(executions, terminal);
  addExamples(executions, [['garrison executions list --status pending', 'what waits for its machine']]);
}
