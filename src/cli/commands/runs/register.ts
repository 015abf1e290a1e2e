import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import type { Terminal } from '../../terminal.ts';
import { addCancel } from './cancel.ts';
import { addDiff } from './diff.ts';
import { addList } from './list.ts';
import { addOutput } from './output.ts';
import { addSearch } from './search.ts';
import { addShow } from './show.ts';

export function register(parent: Command, terminal: Terminal): void {
  const runs = parent.command('runs').description('What has been run: list, show, output, search, diff, cancel.');
  addList(runs, terminal);
  addShow(runs, terminal);
  addOutput(runs, terminal);
  addSearch(runs, terminal);
  addDiff(runs, terminal);
  addCancel(runs, terminal);
  addExamples(runs, [['garrison runs list', 'the last runs and how they went']]);
}
