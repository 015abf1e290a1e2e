import { setTimeout as pause } from 'node:timers/promises';
import type { MachineText, ToolAnswer } from '../answer.ts';
import { refusalOf } from '../answer.ts';
import { closed, count, type McpTool, type McpToolCall, nextAfterStart, shaped, text } from '../tool.ts';
import { ON } from './nodes.ts';

const RUN = text('Id of the run: f-…');
/** Clients give a call up after a minute. */
const LONGEST_WAIT_SECONDS = 45;
/** Each look is a call of its token: the first ones come soon, later ones every few seconds. */
const FIRST_LOOK_MS = 250;
const LONGEST_LOOK_MS = 3_000;
const TELL_EVERY_MS = 5_000;

interface Run {
  readonly fleet_command_id: string;
  readonly outcome: string;
  readonly ended_at: string | null;
  readonly target_count: number;
  readonly summary: Readonly<Record<string, number>>;
  readonly command: string | null;
  readonly tool: string;
  readonly started_at: string;
  readonly caller: { readonly name: string | null };
  readonly per_node?: readonly {
    readonly node_id: string;
    readonly command_id: string | null;
    readonly outcome: string;
  }[];
}

interface Group {
  readonly outcome: string;
  readonly exitCode: number | null;
  readonly count: number;
  readonly sampleHosts: readonly { readonly name: string }[];
  readonly head: string;
  readonly majority: boolean;
}

export const runTools: readonly McpTool[] = [
  {
    name: 'runs_find',
    description: 'Runs (orders that were given), the latest first, with counts by outcome.',
    effect: 'read',
    needs: ['edge-fleet.listRuns'],
    input: closed({
      outcome: {
        type: 'string',
        enum: ['complete', 'halted', 'cancelled', 'running', 'failed'],
        description: 'How they ended.',
      },
      node: text('Only runs on this node, by id.'),
      text: text('Only commands that hold this text.'),
      limit: count('Default 20.', 100),
      cursor: text('`next` of the page before.', 1_024),
    }),
    run: async ({ call }, { limit = 20, ...query }) =>
      shaped(
        await call('edge-fleet.listRuns', { query: { limit, ...query } }),
        ({ items, next_cursor }: { items: Run[]; next_cursor: string | null }) => ({
          facts: { runs: items.map(brief), next: next_cursor },
        }),
      ),
  },
  {
    name: 'run_get',
    description:
      'One run: state, counts by outcome, and what the nodes wrote in groups of identical output, the majority told apart.',
    effect: 'read',
    needs: ['edge-fleet.getRun', 'edge-fleet.listOutputGroups'],
    input: closed({ run: RUN }, ['run']),
    run: (call, { run }) => describeRun(call, String(run)),
  },
  {
    name: 'run_output',
    description: 'What one command wrote on one node, 16 KB at a time.',
    effect: 'read',
    needs: ['edge-fleet.getRun', 'edge-fleet.readLogRange'],
    input: closed(
      {
        run: RUN,
        node: text('Name or id of the node.'),
        cursor: { type: 'integer', minimum: 0, description: '`next` of the answer before.' },
      },
      ['run', 'node'],
    ),
    run: (call, { run, node, cursor }) => readOutput(call, String(run), String(node), Number(cursor ?? 0)),
  },
  {
    name: 'run_wait',
    description: `Waits until a run has ended, ${LONGEST_WAIT_SECONDS} seconds at most, then answers as run_get. Call it again while \`outcome\` is running.`,
    effect: 'read',
    needs: ['edge-fleet.getRun', 'edge-fleet.listOutputGroups'],
    input: closed({ run: RUN, seconds: count('Longest wait; default 45.', LONGEST_WAIT_SECONDS) }, ['run']),
    run: (call, { run, seconds = LONGEST_WAIT_SECONDS }) => waitForRun(call, String(run), Number(seconds)),
  },
  {
    name: 'run_preview',
    description:
      'What an order would do, without doing it: which nodes, who is skipped and why, last failures there, what else runs. Answers with a pin for run_start, good for ten minutes.',
    effect: 'plan',
    needs: ['edge-fleet.previewOrder'],
    input: closed({
      on: ON,
      targeting: {
        type: 'object',
        description: 'In place of on: a targeting as commands of Edge Admin have it.',
      },
      command: {
        description: 'A text for a login shell, or a program with its arguments as a list (no shell).',
        anyOf: [
          { type: 'string', maxLength: 65_536 },
          { type: 'array', items: { type: 'string' }, maxItems: 1_000 },
        ],
      },
      tool: text('In place of a command: service.restart, fs.read, host.facts …'),
      args: { type: 'object', description: 'Arguments of the tool; of a command: cwd, env, user.' },
      policy: {
        type: 'object',
        description:
          'mode: "Parallel", "Sequential" or {"Rolling":{"batch":N}}; failure_policy: "ContinueOnError", "FailFast" or {"StopAfter":N}; per_target_deadline_secs.',
      },
    }),
    run: async ({ call }, input) =>
      shaped(await call('edge-fleet.previewOrder', { body: input }), (facts) => ({ facts })),
  },
  {
    name: 'run_start',
    description:
      'Gives exactly the order that was previewed, once; the same pin again answers the same run. When the nodes have changed, it answers target_changed and another pin.',
    effect: 'run',
    isOpenWorld: true,
    needs: ['edge-fleet.startWithPin'],
    input: closed({ pin: text('From run_preview.', 4_096) }, ['pin']),
    run: async ({ call }, { pin }) =>
      shaped(
        await call('edge-fleet.startWithPin', { body: { pin } }),
        ({
          fleet_command_id,
          target_count,
          is_repeated,
          ...rest
        }: {
          fleet_command_id: string;
          target_count: number;
          is_repeated: boolean;
          approval: string | null;
        }) => ({
          facts: {
            run: fleet_command_id,
            targets: target_count,
            is_repeated,
            ...rest,
            next: nextAfterStart(rest.approval, 'run_wait tells how it ends.'),
          },
        }),
      ),
  },
  {
    name: 'run_cancel',
    description: 'Ends a run: its processes are ended on the nodes.',
    effect: 'stop',
    needs: ['edge-fleet.cancelFleet'],
    input: closed({ run: RUN }, ['run']),
    run: async ({ call }, { run }) =>
      shaped(await call('edge-fleet.cancelFleet', { params: { fleet_command_id: String(run) } }), (facts) => ({
        facts,
      })),
  },
];

function brief({
  fleet_command_id: run,
  outcome,
  summary,
  target_count: targets,
  command,
  tool,
  started_at,
  ended_at,
  caller,
}: Run) {
  return { run, outcome, summary, targets, command: command ?? tool, by: caller.name, started_at, ended_at };
}

async function describeRun({ call }: McpToolCall, id: string): Promise<ToolAnswer> {
  const answer = await call('edge-fleet.getRun', { params: { fleet_command_id: id }, query: { per_node: false } });
  if (answer.status >= 300) return refusalOf(answer);
  const run = answer.body as Run; // as its schema says
  const grouped = await call('edge-fleet.listOutputGroups', { params: { id }, query: { normalise: 1 } });
  if (grouped.status >= 300) return { facts: brief(run) };
  const { groups, more } = grouped.body as { groups: Group[]; more: number }; // as above
  const shown = groups.slice(0, MOST_GROUPS);
  return {
    facts: {
      ...brief(run),
      groups: shown.map(({ outcome, exitCode, count: hosts, sampleHosts, majority }) => ({
        outcome,
        exit_code: exitCode,
        nodes: hosts,
        such_as: sampleHosts.map(({ name }) => name),
        majority,
      })),
      more_groups: more + groups.length - shown.length,
    },
    machines: shown.filter(({ head }) => head !== '').map(machineText),
  };
}

const MOST_GROUPS = 12;
const HEAD = 2_048;

function machineText({ sampleHosts: [first], count: hosts, head }: Group): MachineText {
  const others = hosts > 1 ? ` and ${hosts - 1} other${hosts > 2 ? 's' : ''}` : '';
  return { from: `${first?.name ?? 'a node'}${others}`, text: head.slice(0, HEAD) };
}

async function waitForRun(tool: McpToolCall, id: string, seconds: number): Promise<ToolAnswer> {
  const until = performance.now() + seconds * 1_000;
  let tellAt = performance.now() + TELL_EVERY_MS;
  let lookAfterMs = FIRST_LOOK_MS;
  while (performance.now() < until && !tool.signal.aborted) {
    const answer = await tool.call('edge-fleet.getRun', {
      params: { fleet_command_id: id },
      query: { per_node: false },
    });
    if (answer.status >= 300) return refusalOf(answer);
    const { ended_at, summary, target_count } = answer.body as Run; // as its schema says
    if (ended_at !== null) break;
    if (performance.now() >= tellAt) {
      tellAt += TELL_EVERY_MS;
      const done = Object.values(summary).reduce((sum, one) => sum + one, 0);
      await tool.progress(Math.min(done, target_count), target_count, 'nodes have ended');
    }
    await pause(lookAfterMs, undefined, { signal: tool.signal }).catch(() => undefined); // the client has left
    lookAfterMs = Math.min(lookAfterMs * 1.5, LONGEST_LOOK_MS, Math.max(0, until - performance.now()));
  }
  return describeRun(tool, id);
}

async function readOutput({ call }: McpToolCall, run: string, node: string, offset: number): Promise<ToolAnswer> {
  const found = await call('edge-fleet.searchHosts', { body: { target: { Hosts: [node] }, limit: 1 } });
  const id = found.status < 300 ? (found.body as { items: { node_id: string }[] }).items[0]?.node_id : undefined; // as its schema says
  const detail = await call('edge-fleet.getRun', { params: { fleet_command_id: run }, query: { node: id ?? node } });
  if (detail.status >= 300) return refusalOf(detail);
  const [one] = (detail.body as Run).per_node ?? []; // as above
  if (one?.command_id == null)
    return {
      facts: { code: 'not_found', message: `nothing ran on ${node} in ${run}`, next: 'run_get lists the nodes.' },
      isError: true,
    };
  const range = await call('edge-fleet.readLogRange', {
    params: { id: one.command_id },
    query: { offset, limit: 16_384 },
  });
  return shaped(range, ({ nextOffset, chunks }: { nextOffset: number; chunks: { text: string }[] }) => ({
    facts: { run, node, outcome: one.outcome, next: chunks.length === 0 ? null : nextOffset },
    machines: [{ from: node, text: chunks.map((chunk) => chunk.text).join('') }],
  }));
}
