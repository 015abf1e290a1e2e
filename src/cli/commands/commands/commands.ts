import { collect } from '#client/walk-pages.ts';
import { ExitWith } from '../../cli-error.ts';
import { argument, type CommandSpec, option, requiredOption } from '../../command-spec.ts';
import { TARGET_HELP } from '../../help.ts';
import { type ListOptions, listOptions, listQuery } from '../../list-options.ts';
import { factsView, sentenceView, tableView } from '../../output/print-view.ts';
import { formatDuration } from '../../output/times.ts';
import { readDuration } from '../../parse/read-duration.ts';
import { readInstant } from '../../parse/read-instant.ts';
import { pair, repeated } from '../../parse/read-pairs.ts';
import { resolveNodeUuid } from '../../resolve-node-uuid.ts';
import { resolveMembers } from '../../resolve-target.ts';
import { printTargeting, readTargeting, type TargetingOptions } from './targeting.ts';
import { watchExecutions } from './watch-executions.ts';

const list: CommandSpec = {
  name: 'list',
  aliases: ['ls'],
  description: 'List the commands that were ordered.',
  options: [...listOptions()],
  examples: [
    ['garrison commands list --limit 20', 'the last twenty'],
    ["garrison commands list --where 'command_text=*nginx*'", 'those that mention nginx'],
  ],
  run: async (invocation) => {
    const options = invocation.opts<ListOptions>();
    const client = await invocation.edgeAdmin();
    const found = await collect(client.commands(listQuery(options)), options.limit);
    await invocation.print(
      tableView(
        found,
        [
          { header: 'ID', value: (one) => one.id },
          { header: 'COMMAND', value: (one) => one.command_text, isFlexible: true },
          { header: 'ON', value: (one) => printTargeting(one.targeting), isFlexible: true },
          { header: 'TIMEOUT', value: (one) => (one.timeout ? formatDuration(one.timeout) : null), isNumber: true },
          { header: 'DEADLINE', value: (one) => invocation.ago(one.expired_at) },
          { header: 'ORDERED', value: (one) => invocation.ago(one.inserted_at) },
          { header: 'BY', value: (one) => one.created_by, isFlexible: true },
        ],
        "No commands. garrison commands run 'echo hello' --on all orders one.",
      ),
    );
  },
};

const show: CommandSpec = {
  name: 'show',
  description: 'Show one command.',
  arguments: [argument('<id>', 'id of the command')],
  examples: [['garrison commands show 0199a3f4-…', 'what was ordered, and for whom']],
  run: async (invocation, id: string) => {
    const one = await (await invocation.edgeAdmin()).command(id);
    await invocation.print(
      factsView(one, [
        ['id', one.id],
        ['on', printTargeting(one.targeting)],
        ['timeout', one.timeout ? formatDuration(one.timeout) : 'none'],
        ['deadline', invocation.ago(one.expired_at)],
        ['ordered', invocation.ago(one.inserted_at)],
        ['command', one.command_text],
      ]),
    );
  },
};

interface Options extends TargetingOptions {
  readonly timeout?: number;
  readonly expires?: string;
  readonly watch?: boolean;
}

const run: CommandSpec = {
  name: 'run',
  description: 'Order a command. A machine that is away gets it when it returns, unless the deadline has passed.',
  arguments: [argument('<text>', 'a script of any number of lines, for a login shell; - reads standard input')],
  options: [
    requiredOption('--on <target>', 'where, as in garrison run: all, web-[1-3], tags=web …; may be repeated', repeated),
    option('--filter <field=value>', 'only machines that match, such as status=healthy; may be repeated', pair),
    option('--cluster-filter <field=value>', 'only clusters that match; may be repeated', pair),
    option('--timeout <time>', 'longest time on one machine (default: none)', readDuration),
    option('--expires <time>', 'deadline: a time from now such as 2h, or a date', (text: string) => readInstant(text)),
    option('-w, --watch', 'wait for the machines and show what they say; Ctrl-C leaves'),
  ],
  examples: [
    ["garrison commands run 'echo hello' --on all --watch", 'everywhere, and wait'],
    ["garrison commands run 'apt-get -y upgrade' --on cluster:edge-eu --expires 8h", 'whoever comes back tonight'],
    ["garrison commands run 'uptime' --on @web-1 --on @web-2 --timeout 10s", 'on two machines'],
  ],
  help: TARGET_HELP,
  run: async (invocation, text: string) => {
    const options = invocation.opts<Options>();
    const targeting = await readTargeting(options, {
      node: (name) => resolveNodeUuid(invocation, name),
      members: async (target) => resolveMembers(await invocation.edgeFleet(), target),
    });
    const client = await invocation.edgeAdmin();
    const ordered = await client.createCommand({
      command_text: text === '-' ? await invocation.terminal.readStdin() : text,
      targeting,
      ...(options.timeout !== undefined && { timeout: options.timeout }),
      ...(options.expires !== undefined && { expired_at: options.expires }),
    });
    if (options.watch) throw new ExitWith(await watchExecutions(invocation, client, ordered));
    await invocation.print(sentenceView(ordered, ordered.id));
    invocation.note(`garrison executions list --command ${ordered.id} shows how it goes`);
  },
};

const rm: CommandSpec = {
  name: 'rm',
  aliases: ['remove'],
  description: 'Remove a command and its executions, once they have ended.',
  arguments: [argument('<id>', 'id of the command')],
  examples: [['garrison commands rm 0199a3f4-…', 'with everything it said']],
  run: async (invocation, id: string) => {
    await (await invocation.edgeAdmin()).deleteCommand(id);
    await invocation.print(sentenceView({ id, removed: true }, `removed ${id}`));
  },
};

export const command: CommandSpec = {
  name: 'commands',
  description: 'Orders that wait for machines to return.',
  examples: [["garrison commands run 'echo hello' --on all --watch", 'order one and wait']],
  commands: [run, list, show, rm],
};
