import type { Command } from 'commander';
import { addExamples } from '../../../help.ts';
import type { Terminal } from '../../../terminal.ts';
import { addCreate } from './create.ts';
import { addLs } from './ls.ts';
import { addRm } from './rm.ts';
import { addSetPinned } from './set-pinned.ts';
import { addShow } from './show.ts';
import { addUpdate } from './update.ts';

export function registerGroup(edge: Command, terminal: Terminal): void {
  const group = edge.command('group').description('Saved selectors with a name.');
  addLs(group, terminal);
  addShow(group, terminal);
  addCreate(group, terminal);
  addUpdate(group, terminal);
  addSetPinned(group, terminal);
  addRm(group, terminal);
  addExamples(group, [['garrison edge group create databases tags=db', 'everyone with the tag db']]);
}
