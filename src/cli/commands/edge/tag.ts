import type { Command } from 'commander';
import type { EdgeFleetClient } from '#client/edge-fleet/edge-fleet-client.ts';
import type { HostDetail } from '#client/edge-fleet/wire.ts';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import { resolveNodeId } from '../../resolve-target.ts';
import type { Terminal } from '../../terminal.ts';

export function registerTag(edge: Command, terminal: Terminal): void {
  const tag = edge.command('tag').description('Tags of hosts, set by operators.');
  addVerb(tag, terminal, {
    name: 'add',
    description: 'Add tags; those that are there already stay.',
    change: (client, id, tags) => client.changeHostTags(id, { add: tags }),
  });
  addVerb(tag, terminal, {
    name: 'rm',
    description: 'Take tags away; those that are not there do not matter.',
    change: (client, id, tags) => client.changeHostTags(id, { remove: tags }),
  });
  addVerb(tag, terminal, {
    name: 'set',
    description: 'Make these the only tags; without any, the host has none.',
    change: (client, id, tags) => client.updateHost(id, { tags }),
  });
  addExamples(tag, [['garrison edge tag add web-1 prod', 'web-1 is in production']]);
}

interface Verb {
  readonly name: 'add' | 'rm' | 'set';
  readonly description: string;
  readonly change: (client: EdgeFleetClient, id: string, tags: readonly string[]) => Promise<HostDetail>;
}

function addVerb(tag: Command, terminal: Terminal, { name, description, change }: Verb): void {
  const command = tag
    .command(name)
    .description(description)
    .argument('<host>', 'name or id')
    .argument(name === 'set' ? '[tag...]' : '<tag...>', 'lower-case letters, digits and . _ : / -')
    .action(
      act(terminal, async (invocation, nameOrId: string, tags: string[]) => {
        const client = await invocation.edgeFleet();
        const host = await change(client, await resolveNodeId(client, nameOrId), tags);
        await invocation.print(sentenceView(host, `${host.name}: ${host.tags.join(', ') || 'no tags'}`));
      }),
    );
  addExamples(command, [[`garrison edge tag ${name} web-1 prod team:platform`, 'several at once']]);
}
