import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import type { Terminal } from '../../terminal.ts';
import { addAuthorities } from './authorities.ts';
import { addList } from './list.ts';
import { addPublished } from './published.ts';
import { addRotateIntermediate } from './rotate-intermediate.ts';

export function register(parent: Command, terminal: Terminal): void {
  const certs = parent.command('certs').description('Certificates, authorities, and what is revoked.');
  addList(certs, terminal);
  addAuthorities(certs, terminal);
  addPublished(certs, terminal);
  addRotateIntermediate(certs, terminal);
  addExamples(certs, [['garrison certs list --ends-within 30d', 'what has to be renewed soon']]);
}
