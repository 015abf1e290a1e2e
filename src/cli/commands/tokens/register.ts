import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import type { Terminal } from '../../terminal.ts';
import { addCreate } from './create.ts';
import { addList } from './list.ts';
import { addRevoke } from './revoke.ts';
import { addScopes } from './scopes.ts';

export function register(parent: Command, terminal: Terminal): void {
  const tokens = parent.command('tokens').description('Keys and tokens with scopes, of the own tenant.');
  addList(tokens, terminal);
  addCreate(tokens, terminal);
  addRevoke(tokens, terminal);
  addScopes(tokens, terminal);
  addExamples(tokens, [['garrison tokens create --name ci --scope aegis.edge.fleet.manage', 'a token for a pipeline']]);
}
