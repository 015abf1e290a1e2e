import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import { readInstantOrNever } from '../../parse/read-instant.ts';
import { numberOr } from '../../parse/read-number.ts';
import type { Terminal } from '../../terminal.ts';

interface Options {
  readonly cluster?: string;
  readonly name?: string;
  readonly uses?: number | 'unlimited';
  readonly expires?: string;
}

export function addCreate(keys: Command, terminal: Terminal): void {
  const command = keys
    .command('create')
    .description('Create an enrolment key and print it.')
    .option('--cluster <name>', 'cluster the machines go into (default: the default cluster)')
    .option('--name <text>', 'what it is for')
    .option('--uses <n>', 'machines it may join, or unlimited (default: 1)', numberOr('unlimited'))
    .option('--expires <time>', 'a time from now such as 2h, a date, or never (default)', readInstantOrNever)
    .action(
      act(terminal, async (invocation) => {
        const { cluster, name, uses, expires } = invocation.opts<Options>();
        const client = await invocation.edgeAdmin();
        const key = await client.createEnrollmentKey(cluster, {
          ...(name !== undefined && { name }),
          ...(uses !== undefined && { uses_remaining: uses === 'unlimited' ? null : uses }),
          ...(expires !== undefined && { expired_at: expires === 'never' ? null : expires }),
        });
        await invocation.print(sentenceView(key, key.key));
        invocation.note(
          `For ${key.cluster_name}. On the machine: ENROLLMENT_KEY='…' garrison node run, with the key for the dots.`,
        );
      }),
    );
  addExamples(command, [
    ['garrison keys create', 'joins one machine to the default cluster'],
    ['garrison keys create --cluster edge-eu --uses 200 --expires 7d --name rollout', 'for a rollout'],
    ['ENROLLMENT_KEY=$(garrison keys create) garrison node run', 'a key made and used at once'],
  ]);
}
