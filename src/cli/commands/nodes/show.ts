import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { paintStatus } from '../../output/paint.ts';
import { factsView } from '../../output/print-view.ts';
import { resolveNodeUuid } from '../../resolve-node-uuid.ts';
import type { Terminal } from '../../terminal.ts';
import { hostsByUuid, nameNode } from './named-node.ts';

export function addShow(nodes: Command, terminal: Terminal): void {
  const command = nodes
    .command('show')
    .description('Show one machine.')
    .argument('<node>', 'name or id')
    .option('--show-secrets', 'its API token and proxy password too')
    .action(
      act(terminal, async (invocation, nameOrId: string) => {
        const { showSecrets } = invocation.opts<{ showSecrets?: boolean }>();
        const id = await resolveNodeUuid(invocation, nameOrId);
        const client = await invocation.edgeAdmin();
        const [node, hosts] = await Promise.all([client.node(id), hostsByUuid(invocation)]);
        const named = nameNode(node, hosts.get(id), showSecrets);
        await invocation.print(
          factsView(named, [
            ['name', named.name],
            ['id', `${named.id} (${named.id_type})`],
            ['status', paintStatus(invocation.paint, named.status ?? '-')],
            ['last seen', invocation.ago(named.last_seen_at)],
            ['cluster', named.cluster_name],
            ['platform', named.os && `${named.os}/${named.arch}`],
            ['version', named.version],
            ['tags', named.tags.join(', ')],
            ['host name', named.vpn_hostname],
            ['local name', named.mdns_hostname],
            [
              'ports',
              `http ${named.http_port}, ssh ${named.ssh_port}, proxy ${named.http_proxy_port}, socks5 ${named.socks5_proxy_port}`,
            ],
            ['self-update', named.self_update_enabled ? 'on' : 'off'],
            ['joined', invocation.ago(named.inserted_at)],
            ['api token', named.api_token],
            ['proxy password', named.proxy_password],
          ]),
        );
      }),
    );
  addExamples(command, [
    ['garrison nodes show web-1', 'by name'],
    ['garrison nodes show 0199a3f4-… --output json', 'by id, for a program'],
  ]);
}
