import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import type { Terminal } from '../../terminal.ts';
import { addDeregister } from './deregister.ts';
import { addList } from './list.ts';
import { addRegister } from './register-outpost.ts';
import { addRenew } from './renew.ts';
import { addShow } from './show.ts';
import { addWatch } from './watch.ts';

export function register(parent: Command, terminal: Terminal): void {
  const outposts = parent.command('outposts').description('Outposts of an organisation and their certificates.');
  addList(outposts, terminal);
  addShow(outposts, terminal);
  addRegister(outposts, terminal);
  addRenew(outposts, terminal);
  addDeregister(outposts, terminal);
  addWatch(outposts, terminal);
  addExamples(outposts, [['garrison outposts register eu-1 --region eu-central-1 --out ./eu-1', 'a new one']]);
}
