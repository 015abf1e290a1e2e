import { type Command, Option } from 'commander';
import { collect } from '#client/walk-pages.ts';
import { addExamples, callOf } from '../../help.ts';
import { act } from '../../invocation.ts';
import { readPastInstant } from '../../parse/read-instant.ts';
import { wholeNumber } from '../../parse/read-number.ts';
import { resolveNodeId } from '../../resolve-target.ts';
import type { Terminal } from '../../terminal.ts';
import { lookUpTargets } from '../../watch/target-names.ts';
import { runsView } from './run-views.ts';

interface Options {
  readonly tool?: string;
  readonly outcome?: string;
  readonly caller?: string;
  readonly node?: string;
  readonly since?: string;
  readonly until?: string;
  readonly text?: string;
  readonly limit: number;
}

export function addList(runs: Command, terminal: Terminal, name = 'list'): void {
  const command = runs
    .command(name)
    .description('List the runs, the latest first.')
    .option('--tool <name>', 'runs of this tool')
    .addOption(
      new Option('--outcome <outcome>', 'runs that ended so; failed: with failures, however they ended').choices([
        'complete',
        'halted',
        'cancelled',
        'running',
        'failed',
      ]),
    )
    .option('--caller <name>', 'runs of this caller: name of a key or user, or its id')
    .option('--node <node>', 'runs on this node, by name or id')
    .option('--since <time>', 'started in the last 2h, 7d, or after a date', (text) => readPastInstant(text))
    .option('--until <time>', 'started longer ago than 2h, 7d, or before a date', (text) => readPastInstant(text))
    .option('--text <text>', 'runs of commands that hold this text')
    .option('--limit <n>', 'at most so many', wholeNumber(1), 50)
    .action(
      act(terminal, async (invocation) => {
        const { limit, node, ...filter } = invocation.opts<Options>();
        const client = await invocation.edgeFleet();
        const nodeId = node === undefined ? undefined : await resolveNodeId(client, node);
        const runs = await collect(client.runs({ ...filter, node: nodeId }), limit);
        const targetText = await lookUpTargets(
          client,
          runs.map((run) => run.target),
        );
        await invocation.print(runsView(runs, targetText, invocation));
      }),
    );
  if (name === 'list') command.alias('ls');
  addExamples(command, [
    [`${callOf(command)}`, 'the last fifty'],
    [`${callOf(command)} --outcome halted --tool script.run`, 'scripts that were halted'],
    [`${callOf(command)} --node web-1 --since 24h --outcome failed`, 'what went wrong on a node today'],
    [`${callOf(command)} --caller anna --text 'systemctl restart'`, 'who restarted what'],
  ]);
}
