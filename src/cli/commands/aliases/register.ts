import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import type { Terminal } from '../../terminal.ts';
import { addCreate } from './create.ts';
import { addList } from './list.ts';
import { addRm } from './rm.ts';

export function register(parent: Command, terminal: Terminal): void {
  const aliases = parent.command('aliases').description('Other names of machines within their clusters.');
  addList(aliases, terminal);
  addCreate(aliases, terminal);
  addRm(aliases, terminal);
  addExamples(aliases, [['garrison aliases list', 'every alias and what it stands for']]);
}
