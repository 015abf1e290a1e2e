import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import type { Terminal } from '../../terminal.ts';
import { addExport } from './export.ts';
import { addKey } from './key.ts';
import { addList } from './list.ts';
import { addVerify } from './verify.ts';

export function register(parent: Command, terminal: Terminal): void {
  const audit = parent.command('audit').description('Who did what, and whether the log is whole.');
  addList(audit, terminal);
  addVerify(audit, terminal);
  addExport(audit, terminal);
  addKey(audit, terminal);
  addExamples(audit, [['garrison audit list', 'what was done lately']]);
}
