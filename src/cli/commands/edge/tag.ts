import type { EdgeFleetClient } from '#client/edge-fleet/edge-fleet-client.ts';
import type { HostDetail } from '#client/edge-fleet/wire.ts';
import { argument, type CommandSpec } from '../../command-spec.ts';
import { sentenceView } from '../../output/print-view.ts';
import { resolveNodeId } from '../../resolve-target.ts';

export const tag: CommandSpec = {
  name: 'tag',
  description: 'Tags of hosts, set by operators.',
  examples: [['garrison edge tag add web-1 prod', 'web-1 is in production']],
  commands: [
    verb({
      name: 'add',
      description: 'Add tags; those that are there already stay.',
      change: (client, id, tags) => client.changeHostTags(id, { add: tags }),
    }),
    verb({
      name: 'rm',
      description: 'Take tags away; those that are not there do not matter.',
      change: (client, id, tags) => client.changeHostTags(id, { remove: tags }),
    }),
    verb({
      name: 'set',
      description: 'Make these the only tags; without any, the host has none.',
      change: (client, id, tags) => client.updateHost(id, { tags }),
    }),
  ],
};

interface Verb {
  readonly name: 'add' | 'rm' | 'set';
  readonly description: string;
  readonly change: (client: EdgeFleetClient, id: string, tags: readonly string[]) => Promise<HostDetail>;
}

function verb({ name, description, change }: Verb): CommandSpec {
  return {
    name,
    description,
    arguments: [
      argument('<host>', 'name or id'),
      argument(name === 'set' ? '[tag...]' : '<tag...>', 'lower-case letters, digits and . _ : / -'),
    ],
    examples: [[`garrison edge tag ${name} web-1 prod team:platform`, 'several at once']],
    run: async (invocation, nameOrId: string, tags: string[]) => {
      const client = await invocation.edgeFleet();
      const host = await change(client, await resolveNodeId(client, nameOrId), tags);
      await invocation.print(sentenceView(host, `${host.name}: ${host.tags.join(', ') || 'no tags'}`));
    },
  };
}
