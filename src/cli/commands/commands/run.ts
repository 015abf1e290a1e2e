import type { Command } from 'commander';
import { ExitWith } from '../../cli-error.ts';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import { readDuration } from '../../parse/read-duration.ts';
import { readInstant } from '../../parse/read-instant.ts';
import { pair, repeated } from '../../parse/read-pairs.ts';
import { resolveNodeUuid } from '../../resolve-node-uuid.ts';
import type { Terminal } from '../../terminal.ts';
import { readTargeting, type TargetingOptions } from './targeting.ts';
import { watchExecutions } from './watch-executions.ts';

interface Options extends TargetingOptions {
  readonly timeout?: number;
  readonly expires?: string;
  readonly watch?: boolean;
}

export function addRun(commands: Command, terminal: Terminal): void {
  const command = commands
    .command('run')
    .description('Order a command. A machine that is away gets it when it returns, unless the deadline has passed.')
    .argument('<text>', 'a script of any number of lines, for a login shell; - reads standard input')
    .requiredOption('--on <target>', 'all, @node or cluster:name; the last two may be repeated', repeated)
    .option('--filter <field=value>', 'only machines that match, such as status=healthy; may be repeated', pair)
    .option('--cluster-filter <field=value>', 'only clusters that match; may be repeated', pair)
    .option('--timeout <time>', 'longest time on one machine (default: none)', readDuration)
    .option('--expires <time>', 'deadline: a time from now such as 2h, or a date', (text: string) => readInstant(text))
    .option('-w, --watch', 'wait for the machines and show what they say; Ctrl-C leaves')
    .action(
      act(terminal, async (invocation, text: string) => {
        const options = invocation.opts<Options>();
        const targeting = await readTargeting(options, (node) => resolveNodeUuid(invocation, node));
        const client = await invocation.edgeAdmin();
        const ordered = await client.createCommand({
          command_text: text === '-' ? await terminal.readStdin() : text,
          targeting,
          ...(options.timeout !== undefined && { timeout: options.timeout }),
          ...(options.expires !== undefined && { expired_at: options.expires }),
        });
        if (options.watch) throw new ExitWith(await watchExecutions(invocation, client, ordered));
        await invocation.print(sentenceView(ordered, ordered.id));
        invocation.note(`garrison executions list --command ${ordered.id} shows how it goes`);
      }),
    );
  addExamples(command, [
    ["garrison commands run 'echo hello' --on all --watch", 'everywhere, and wait'],
    ["garrison commands run 'apt-get -y upgrade' --on cluster:edge-eu --expires 8h", 'whoever comes back tonight'],
    ["garrison commands run 'uptime' --on @web-1 --on @web-2 --timeout 10s", 'on two machines'],
  ]);
}
