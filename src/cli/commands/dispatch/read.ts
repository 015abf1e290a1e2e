import { collect } from '#client/walk-pages.ts';
import { argument, type CommandSpec, option } from '../../command-spec.ts';
import { factsView, sentenceView, tableView } from '../../output/print-view.ts';
import { wholeNumber } from '../../parse/read-number.ts';
import { pair } from '../../parse/read-pairs.ts';
import { untilStopped } from '../../until-stopped.ts';
import { budgetOf, followToEnd, judgementOf, sentenceOf, tokensOf, writeEntry } from './follow.ts';

interface ListOptions {
  readonly status?: string;
  readonly agent?: string;
  readonly repo?: string;
  readonly tag?: Readonly<Record<string, string>>;
  readonly limit?: number;
}

export const list: CommandSpec = {
  name: 'list',
  aliases: ['ls'],
  description: 'List dispatches, newest first.',
  options: [
    option('--status <status>', 'pending, provisioning, running, completing, success, failed, timeout or cancelled'),
    option('--agent <name>', 'of this agent'),
    option('--repo <owner/repo>', 'in this repository'),
    option('--tag <key=value>', 'with this tag; may be repeated', pair),
    option('--limit <n>', 'at most so many (default: 50)', wholeNumber(1)),
  ],
  examples: [
    ['garrison dispatch list --status running', 'what is at work'],
    ['garrison dispatch list --repo acme/web --output json', 'for a program'],
  ],
  run: async (invocation) => {
    const { limit = 50, tag, ...filter } = invocation.opts<ListOptions>();
    const tags = tag === undefined ? undefined : Object.entries(tag).map(([name, value]) => `${name}=${value}`);
    const client = await invocation.dispatch();
    const found = await collect(client.dispatches({ ...filter, tag: tags }), limit);
    await invocation.print(
      tableView(
        found,
        [
          { header: 'ID', value: (one) => one.dispatchId },
          { header: 'STATUS', value: (one) => one.status },
          { header: 'AGENT', value: (one) => one.agent },
          { header: 'REPO', value: (one) => one.repo ?? '-' },
          { header: 'CREATED', value: (one) => invocation.ago(one.createdAt) },
          { header: 'TASK', value: (one) => one.task.split('\n', 1)[0] ?? '', isFlexible: true },
        ],
        'No dispatches. garrison dispatch run gives a task to an agent.',
      ),
    );
  },
};

export const show: CommandSpec = {
  name: 'show',
  description: 'Show a dispatch: what was asked, where it is, what it took, and how it came there.',
  arguments: [argument('<id>', 'the dispatch')],
  examples: [['garrison dispatch show dsp_20260113_143052_abc123', 'all there is about one']],
  run: async (invocation, id: string) => {
    const one = await (await invocation.dispatch()).dispatch(id);
    const way = one.transitions.map(({ status, at, reason }) => `${at} ${status}${reason ? ` (${reason})` : ''}`);
    await invocation.print(
      factsView(one, [
        ['id', one.dispatchId],
        ['status', `${one.status}, ${one.progress} %`],
        ['agent', `${one.agent} (${one.modelId})`],
        ['repository', one.repo === null ? '-' : `${one.repo}, ${one.branch ?? 'main'}`],
        ['task', one.task],
        ['machine', one.nodeId ?? '-'],
        ['error', one.errorMessage === null ? '-' : `${one.errorMessage} (${one.errorCode})`],
        ['budget', budgetOf(one)],
        [
          'parked',
          one.parked === null ? '-' : `since ${one.parked.since}: ${one.parked.reason} (${one.parked.approval})`,
        ],
        ['tokens', one.usage === null ? 'not known' : String(tokensOf(one.usage))],
        ['cost', one.costUsd === null ? 'not known' : `${one.costUsd.toFixed(4)} $`],
        ['judge', judgementOf(one)],
        ['way', way.join('\n')],
      ]),
    );
  },
};

export const logs: CommandSpec = {
  name: 'logs',
  description: 'Print the log of a dispatch.',
  arguments: [argument('<id>', 'the dispatch')],
  options: [option('-f, --follow', 'and what is still to come, until its end')],
  examples: [['garrison dispatch logs -f dsp_20260113_143052_abc123', 'until it has ended']],
  run: async (invocation, id: string) => {
    const client = await invocation.dispatch();
    if (invocation.opts<{ follow?: boolean }>().follow !== true) {
      const entries = await collect(client.logs(id));
      if (invocation.format !== 'table') return invocation.print(sentenceView(entries, ''));
      for (const entry of entries) writeEntry(invocation, entry);
      return;
    }
    const ended = await followToEnd(invocation, client, id, untilStopped());
    if (ended !== undefined) invocation.note(sentenceOf(ended));
  },
};

export const cancel: CommandSpec = {
  name: 'cancel',
  description: 'Cancel a dispatch; its processes are ended.',
  arguments: [argument('<id>', 'the dispatch')],
  options: [option('--reason <text>', 'kept with it')],
  examples: [['garrison dispatch cancel dsp_20260113_143052_abc123 --reason "wrong branch"', 'at once']],
  run: async (invocation, id: string) => {
    await (await invocation.dispatch()).cancel(id, invocation.opts<{ reason?: string }>().reason);
    await invocation.print(sentenceView({ dispatchId: id, status: 'cancelled' }, `${id} is cancelled`));
  },
};
