import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import type { Terminal } from '../../terminal.ts';
import { addList } from './list.ts';
import { addMetrics } from './metrics.ts';
import { addMove } from './move.ts';
import { addRm } from './rm.ts';
import { addShow } from './show.ts';
import { addAdmit, addWaiting } from './waiting.ts';

export function register(parent: Command, terminal: Terminal): void {
  const nodes = parent.command('nodes').description('Machines: list, show, metrics, move, remove, admit.');
  addList(nodes, terminal);
  addShow(nodes, terminal);
  addMetrics(nodes, terminal);
  addMove(nodes, terminal);
  addRm(nodes, terminal);
  addWaiting(nodes, terminal);
  addAdmit(nodes, terminal);
  addExamples(nodes, [['garrison nodes list', 'every machine with its state']]);
}
