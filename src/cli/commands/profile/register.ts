import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import type { Terminal } from '../../terminal.ts';
import { addSave } from './save.ts';
import { addShow } from './show.ts';

export function register(parent: Command, terminal: Terminal): void {
  const profile = parent.command('profile').description('Which controller is spoken to, and with which keys.');
  addShow(profile, terminal);
  addSave(profile, terminal);
  addExamples(profile, [['garrison profile show', 'where an order would go']]);
}
