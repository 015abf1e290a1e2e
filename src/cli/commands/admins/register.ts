import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import type { Terminal } from '../../terminal.ts';
import { addClusters } from './clusters.ts';
import { addMetrics } from './metrics.ts';
import { addOrphans } from './orphans.ts';
import { addShow } from './show.ts';
import { addTopology } from './topology.ts';

export function register(parent: Command, terminal: Terminal): void {
  const admins = parent.command('admins').description('The controllers, and who answers for which cluster.');
  addShow(admins, terminal);
  addMetrics(admins, terminal);
  addTopology(admins, terminal);
  addClusters(admins, terminal);
  addOrphans(admins, terminal);
  addExamples(admins, [['garrison admins topology', 'every controller, and whether there is room']]);
}
