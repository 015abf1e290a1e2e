import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import type { Terminal } from '../../terminal.ts';
import { addCreate } from './create.ts';
import { addList } from './list.ts';
import { addRm } from './rm.ts';
import { addShow } from './show.ts';
import { addUpdate } from './update.ts';

export function register(parent: Command, terminal: Terminal): void {
  const keys = parent.command('keys').description('Enrolment keys: what machines join a cluster with.');
  addList(keys, terminal);
  addShow(keys, terminal);
  addCreate(keys, terminal);
  addUpdate(keys, terminal);
  addRm(keys, terminal);
  addExamples(keys, [['garrison keys create', 'a key for one machine']]);
}
