import { setTimeout as delay } from 'node:timers/promises';
import { UnreachableError } from '#client/api-error.ts';
import { type CommandSpec, option } from '../command-spec.ts';
import type { Invocation } from '../invocation.ts';
import { readPastInstant } from '../parse/read-instant.ts';
import { repeated } from '../parse/read-pairs.ts';
import { resolveNodeUuid } from '../resolve-node-uuid.ts';
import { untilStopped } from '../until-stopped.ts';

interface Options {
  readonly type?: readonly string[];
  readonly since?: string;
  readonly node?: string;
}

interface TailedEvent {
  readonly time: string;
  readonly type: string;
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** After a connection was lost. */
const AGAIN_MS = 1_000;

const tail: CommandSpec = {
  name: 'tail',
  description: 'Follow events as they come, until it is stopped. A connection that breaks is made again where it was.',
  options: [
    option('--type <type>', 'only these, such as edge.node.* or garrison.run.finished; may be repeated', repeated),
    option('--since <time>', 'begin then: an instant, or a time ago such as 10m', readPastInstant),
    option('--node <node>', 'only events about this machine, by name or id'),
  ],
  examples: [
    ['garrison events tail', 'everything from now on'],
    [
      'garrison events tail --type "edge.node.*" --since 1h',
      'what became of machines in the last hour, and from now on',
    ],
    ['garrison --output json events tail', 'one CloudEvent a line, for programs'],
  ],
  run: async (invocation) => {
    const { type, since, node } = invocation.opts<Options>();
    const nodeId = node === undefined ? undefined : await resolveNodeUuid(invocation, node);
    await follow(invocation, { type: type?.join(','), since: since, node_id: nodeId }, untilStopped());
  },
};

type Query = Readonly<Record<string, string | undefined>>;

async function follow(invocation: Invocation, query: Query, signal: AbortSignal): Promise<void> {
  const client = await invocation.edgeAdmin();
  let after: string | undefined;
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    try {
      for await (const { id, data } of client.events(query, { after, signal })) {
        after = id;
        invocation.terminal.stdout.write(lineOf(invocation, data));
      }
    } catch (error) {
      if (signal.aborted) return;
      if (isFirst || !(error instanceof UnreachableError)) throw error;
    }
    await delay(AGAIN_MS, undefined, { signal }).catch(() => {}); // stopped
  }
}

function lineOf({ format }: Invocation, text: string): string {
  if (format !== 'table') return `${text}\n`;
  const { time, type, subject, data }: TailedEvent = JSON.parse(text);
  const { node_id: _, ...rest } = data;
  return `${time}  ${type}  ${subject}  ${JSON.stringify(rest)}\n`;
}

export const command: CommandSpec = {
  name: 'events',
  description: 'What happens, as it happens.',
  examples: [['garrison events tail', 'everything from now on']],
  commands: [tail],
};
