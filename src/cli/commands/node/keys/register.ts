import type { Command } from 'commander';
import { addExamples } from '../../../help.ts';
import type { Terminal } from '../../../terminal.ts';
import { addRotate } from './rotate.ts';
import { addShow } from './show.ts';

export function registerKeys(node: Command, terminal: Terminal): void {
  const keys = node.command('keys').description('The key this machine is known by: show, rotate.');
  addShow(keys, terminal);
  addRotate(keys, terminal);
  addExamples(keys, [['garrison node keys rotate', 'a new key; the former certificates are revoked']]);
}
