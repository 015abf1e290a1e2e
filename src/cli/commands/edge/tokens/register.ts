import type { Command } from 'commander';
import { addExamples } from '../../../help.ts';
import type { Terminal } from '../../../terminal.ts';
import { addList } from './list.ts';
import { addWithdraw } from './withdraw.ts';

export function registerTokens(edge: Command, terminal: Terminal): void {
  const tokens = edge.command('tokens').alias('token').description('Enrolment tokens that were issued.');
  addList(tokens, terminal);
  addWithdraw(tokens, terminal);
  addExamples(tokens, [['garrison edge tokens list', 'which of them still work']]);
}
