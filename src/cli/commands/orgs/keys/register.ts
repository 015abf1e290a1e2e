import type { Command } from 'commander';
import { addExamples } from '../../../help.ts';
import type { Terminal } from '../../../terminal.ts';
import { addCreate } from './create.ts';
import { addList } from './list.ts';
import { addRevoke } from './revoke.ts';

export function registerKeys(orgs: Command, terminal: Terminal): void {
  const keys = orgs.command('keys').description('Keys of an organisation.');
  addList(keys, terminal);
  addCreate(keys, terminal);
  addRevoke(keys, terminal);
  addExamples(keys, [['garrison orgs keys create 0199a3f4-…', 'another key']]);
}
