import type { TerminalSession } from '#client/native/native-client.ts';
import { collect } from '#client/walk-pages.ts';
import { argument, type CommandSpec, option } from '../../command-spec.ts';
import type { Invocation } from '../../invocation.ts';
import { factsView, sentenceView, tableView } from '../../output/print-view.ts';
import { wholeNumber } from '../../parse/read-number.ts';
import { resolveNodeUuid } from '../../resolve-node-uuid.ts';
import { command as play } from './play.ts';
import { command as watch } from './watch.ts';

interface ListOptions {
  readonly node?: string;
  readonly open?: boolean;
  readonly limit: number;
}

const list: CommandSpec = {
  name: 'list',
  aliases: ['ls'],
  description:
    'List terminal sessions, the latest first: your own, or those of everybody with the scope garrison.sessions.read.',
  options: [
    option('--node <node>', 'only those on this node'),
    option('--open', 'only those that have not ended'),
    option('--limit <n>', 'at most so many', wholeNumber(1), 50),
  ],
  examples: [
    ['garrison sessions ls', 'the last fifty'],
    ['garrison sessions ls --open --node web-1', 'who is on web-1 now'],
  ],
  run: async (invocation) => {
    const { node, open: openOnly, limit } = invocation.opts<ListOptions>();
    const nodeId = node === undefined ? undefined : await resolveNodeUuid(invocation, node);
    const found = await collect((await invocation.native()).terminalSessions({ nodeId, openOnly }), limit);
    await invocation.print(
      tableView(
        found,
        [
          { header: 'ID', value: (one) => one.id },
          { header: 'NODE', value: (one) => one.node_name, isFlexible: true },
          { header: 'BY', value: (one) => one.caller, isFlexible: true },
          { header: 'AS', value: (one) => one.local_user },
          { header: 'WHAT', value: (one) => one.program ?? 'login shell', isFlexible: true },
          { header: 'STARTED', value: (one) => invocation.ago(one.started_at) },
          { header: 'STATUS', value: statusOf },
          { header: 'RECORDED', value: (one) => (one.recording === null ? 'no' : 'yes') },
        ],
        'No sessions. garrison ssh NODE opens one.',
      ),
    );
  },
};

function statusOf({ status, end_reason: reason, exit_code: code }: TerminalSession): string {
  if (status !== 'ended') return status;
  return reason === 'exited' ? `exited with ${code}` : (reason ?? 'ended');
}

const show: CommandSpec = {
  name: 'show',
  description: 'Show one terminal session.',
  arguments: [argument('<id>', 'id of the session')],
  examples: [['garrison sessions show ID', 'who, from where, as whom, how it ended']],
  run: async (invocation, id: string) => {
    const session = await (await invocation.native()).terminalSession(id);
    await invocation.print(factsView(session, factsOf(invocation, session)));
  },
};

function factsOf(invocation: Invocation, session: TerminalSession): [string, string | number | null][] {
  const { recording } = session;
  return [
    ['id', session.id],
    ['node', session.node_name],
    ['by', session.caller],
    ['from', session.address],
    ['by way of', session.door === 'console' ? 'the console' : 'the command line'],
    ['as', session.local_user],
    ['what', session.program ?? 'login shell'],
    ['status', statusOf(session)],
    ['ended by', session.ended_by],
    ['connections', session.connections],
    ['started', invocation.ago(session.started_at)],
    ['ended', invocation.ago(session.ended_at)],
    [
      'recording',
      recording === null
        ? 'none'
        : `${recording.bytes} bytes${recording.problem ? `, not whole: ${recording.problem}` : ''}`,
    ],
  ];
}

const end: CommandSpec = {
  name: 'end',
  description: 'End a terminal session. What runs in it is hung up, and ended a second later.',
  arguments: [argument('<id>', 'id of the session')],
  examples: [['garrison sessions end ID', 'your own, or anybody’s with the scope garrison.sessions.end']],
  run: async (invocation, id: string) => {
    await (await invocation.native()).endTerminalSession(id);
    await invocation.print(sentenceView({ id, ended: true }, `ended ${id}`));
  },
};

export const command: CommandSpec = {
  name: 'sessions',
  description: 'Terminal sessions: who is, or was, connected to which machine, and what it looked like.',
  examples: [['garrison sessions ls --open', 'who is connected now']],
  commands: [list, show, end, play, watch],
};
