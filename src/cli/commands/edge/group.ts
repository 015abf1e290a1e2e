import type { EdgeFleetClient } from '#client/edge-fleet/edge-fleet-client.ts';
import type { Selector } from '#client/edge-fleet/wire.ts';
import { parseSelector } from '#surfaces/edge-fleet/shorthand/target-shorthand.ts';
import { usageError } from '../../cli-error.ts';
import { argument, type CommandSpec, option } from '../../command-spec.ts';
import { paintStatus } from '../../output/paint.ts';
import { factsView, sentenceView, tableView } from '../../output/print-view.ts';
import { repeated } from '../../parse/read-pairs.ts';
import { printSelector } from '../../print-target.ts';
import { resolveGroupId, resolveNodeId } from '../../resolve-target.ts';

/** A selector in fragments; `everyone` is the empty one. */
function readSelector(fragments: readonly string[]): Selector {
  const text = fragments.join(' ').trim();
  return text === 'everyone' ? {} : parseSelector(text);
}

function resolveNodeIds(client: EdgeFleetClient, names: readonly string[]): Promise<string[]> {
  return Promise.all(names.map((name) => resolveNodeId(client, name)));
}

const ls: CommandSpec = {
  name: 'ls',
  aliases: ['list'],
  description: 'List the groups.',
  examples: [['garrison edge group ls', 'every group and how many are in it']],
  run: async (invocation) => {
    const groups = await (await invocation.edgeFleet()).groups();
    await invocation.print(
      tableView(
        groups,
        [
          { header: 'NAME', value: (one) => one.name },
          { header: 'ID', value: (one) => one.id },
          { header: 'MEMBERS', value: (one) => one.resolved_member_count, isNumber: true },
          { header: 'SELECTOR', value: (one) => printSelector(one.selector) || 'everyone', isFlexible: true },
          { header: 'PINNED', value: (one) => one.pinned_members.length, isNumber: true },
          { header: 'CREATED', value: (one) => invocation.ago(one.created_at) },
        ],
        'No groups. garrison edge group create NAME FRAGMENT… makes one.',
      ),
    );
  },
};

const show: CommandSpec = {
  name: 'show',
  description: 'Show one group and who is in it now.',
  arguments: [argument('<group>', 'name or id')],
  examples: [['garrison edge group show databases', 'its selector and its members']],
  run: async (invocation, nameOrId: string) => {
    const client = await invocation.edgeFleet();
    const one = await client.group(await resolveGroupId(client, nameOrId));
    const facts = factsView(one, [
      ['name', one.name],
      ['id', one.id],
      ['selector', printSelector(one.selector) || 'everyone'],
      ['pinned', one.pinned_members.join('\n')],
      ['members', one.resolved_members.length],
    ]);
    const members = tableView(
      one.resolved_members,
      [
        { header: 'NAME', value: (member) => member.name },
        { header: 'NODE_ID', value: (member) => member.node_id },
        {
          header: 'STATUS',
          value: (member) => member.status,
          paint: (text) => paintStatus(invocation.paint, text),
        },
      ],
      'Nobody is in it.',
    );
    await invocation.print({
      data: one,
      text: async (style) => `${await facts.text(style)}\n${await members.text(style)}`,
    });
  },
};

const create: CommandSpec = {
  name: 'create',
  description: 'Create a group: whoever matches its selector, and whoever is pinned.',
  arguments: [
    argument('<name>', 'name of the group'),
    argument('<fragment...>', 'selector such as os=linux tags=db, or everyone'),
  ],
  options: [option('--pin <host>', 'a host that is always in it; may be repeated', repeated)],
  examples: [
    ['garrison edge group create databases tags=db,prod tools=psql', 'by what they are'],
    ["garrison edge group create canaries 'tags=AnyOf(canary)' --pin web-1", 'and one by name'],
  ],
  run: async (invocation, name: string, fragments: string[]) => {
    const { pin = [] } = invocation.opts<{ pin?: readonly string[] }>();
    const selector = readSelector(fragments);
    const client = await invocation.edgeFleet();
    const created = await client.createGroup({
      name,
      selector,
      ...(pin.length > 0 && { pinned_members: await resolveNodeIds(client, pin) }),
    });
    const sentence = `created ${created.name} (${created.id}), ${created.resolved_member_count} in it`;
    await invocation.print(sentenceView(created, sentence));
  },
};

interface UpdateOptions {
  readonly name?: string;
  readonly selector?: readonly string[];
}

const update: CommandSpec = {
  name: 'update',
  description: 'Rename a group or replace its selector.',
  arguments: [argument('<group>', 'name or id')],
  options: [
    option('--name <name>', 'another name'),
    option('--selector <fragment>', 'another selector, or everyone; may be repeated', repeated),
  ],
  examples: [
    ['garrison edge group update databases --name postgres', 'its id stays'],
    ['garrison edge group update databases --selector tags=db --selector os=linux', 'the whole selector anew'],
  ],
  run: async (invocation, nameOrId: string) => {
    const { name, selector } = invocation.opts<UpdateOptions>();
    if (name === undefined && selector === undefined)
      throw usageError('nothing to change', 'Give --name or --selector.');
    const fields = {
      ...(name !== undefined && { name }),
      ...(selector !== undefined && { selector: readSelector(selector) }),
    };
    const client = await invocation.edgeFleet();
    const changed = await client.updateGroup(await resolveGroupId(client, nameOrId), fields);
    await invocation.print(sentenceView(changed, `changed ${changed.name}, ${changed.resolved_member_count} in it`));
  },
};

interface SetPinnedOptions {
  readonly add?: readonly string[];
  readonly rm?: readonly string[];
}

const setPinned: CommandSpec = {
  name: 'set-pinned',
  description: 'Say who is in a group whatever its selector says.',
  arguments: [
    argument('<group>', 'name or id'),
    argument('[host...]', 'the whole list; without any, and without --add and --rm, nobody'),
  ],
  options: [
    option('--add <host>', 'one more; may be repeated', repeated),
    option('--rm <host>', 'one less; may be repeated', repeated),
  ],
  examples: [
    ['garrison edge group set-pinned canaries web-1 web-2', 'exactly these two'],
    ['garrison edge group set-pinned canaries --add web-3 --rm web-1', 'a change of the list'],
  ],
  run: async (invocation, nameOrId: string, hosts: string[]) => {
    const { add = [], rm = [] } = invocation.opts<SetPinnedOptions>();
    const client = await invocation.edgeFleet();
    const id = await resolveGroupId(client, nameOrId);
    const isChange = add.length > 0 || rm.length > 0;
    const before = isChange ? (await client.group(id)).pinned_members : [];
    const added = await resolveNodeIds(client, [...hosts, ...add]);
    const removed = new Set(await resolveNodeIds(client, rm));
    const pinned = [...new Set([...before, ...added])].filter((one) => !removed.has(one));
    const changed = await client.updateGroup(id, { pinned_members: pinned });
    await invocation.print(
      sentenceView(changed, `${changed.name}: ${pinned.length} pinned, ${changed.resolved_member_count} in it`),
    );
  },
};

const rm: CommandSpec = {
  name: 'rm',
  aliases: ['remove'],
  description: 'Remove a group. Its hosts stay.',
  arguments: [argument('<group>', 'name or id')],
  examples: [['garrison edge group rm canaries', 'by name']],
  run: async (invocation, nameOrId: string) => {
    const client = await invocation.edgeFleet();
    const id = await resolveGroupId(client, nameOrId);
    await client.deleteGroup(id);
    await invocation.print(sentenceView({ id, removed: true }, `removed ${nameOrId}`));
  },
};

export const group: CommandSpec = {
  name: 'group',
  description: 'Saved selectors with a name.',
  examples: [['garrison edge group create databases tags=db', 'everyone with the tag db']],
  commands: [ls, show, create, update, setPinned, rm],
};
