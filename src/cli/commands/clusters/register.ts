import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import type { Terminal } from '../../terminal.ts';
import { addCreate } from './create.ts';
import { addList } from './list.ts';
import { addRm } from './rm.ts';
import { addShow } from './show.ts';
import { addUpdate } from './update.ts';

export function register(parent: Command, terminal: Terminal): void {
  const clusters = parent.command('clusters').description('Named networks of machines: every machine is in one.');
  addList(clusters, terminal);
  addShow(clusters, terminal);
  addCreate(clusters, terminal);
  addUpdate(clusters, terminal);
  addRm(clusters, terminal);
  addExamples(clusters, [['garrison clusters list', 'every cluster and how full it is']]);
}
