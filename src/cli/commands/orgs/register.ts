import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import type { Terminal } from '../../terminal.ts';
import { addCreate } from './create.ts';
import { registerKeys } from './keys/register.ts';
import { addList } from './list.ts';

export function register(parent: Command, terminal: Terminal): void {
  const orgs = parent.command('orgs').description('Organisations and their keys. With the master key.');
  addList(orgs, terminal);
  addCreate(orgs, terminal);
  registerKeys(orgs, terminal);
  addExamples(orgs, [["garrison orgs create 'Acme'", 'an organisation with its first key']]);
}
