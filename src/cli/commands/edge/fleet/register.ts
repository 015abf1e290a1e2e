import type { Command } from 'commander';
import { addExamples } from '../../../help.ts';
import type { Terminal } from '../../../terminal.ts';
import { addCancel } from '../../runs/cancel.ts';
import { addList } from '../../runs/list.ts';
import { addShow } from '../../runs/show.ts';
import { addEvents } from './events.ts';
import { addPreview } from './preview.ts';
import { addRun } from './run.ts';

export function registerFleet(edge: Command, terminal: Terminal): void {
  const fleet = edge.command('fleet').description('Orders to many hosts: preview, run, cancel, history.');
  addPreview(fleet, terminal);
  addRun(fleet, terminal);
  addCancel(fleet, terminal);
  addList(fleet, terminal, 'runs');
  addShow(fleet, terminal);
  addEvents(fleet, terminal);
  addExamples(fleet, [['garrison edge fleet preview tags=web', 'whom a target means']]);
}
