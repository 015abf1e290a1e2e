import type { Installation } from '#test/support/installation.ts';
import { SCREENS } from '../../web/src/screens.ts';

/** What a site has for the parameters of paths: the first of each. */
export async function samplesOf(ready: Installation['ready']): Promise<Readonly<Record<string, string>>> {
  const read = async <Answer>(path: string) => {
    const response = await fetch(ready.api + path, { headers: { authorization: `Bearer ${ready.masterKey}` } });
    return (await response.json()) as Answer; // as its operation says
  };
  const [nodes, runs, groups, webhooks, dispatches, terminals] = await Promise.all([
    read<{ items: { node_id: string; name: string }[] }>('/v1/edge/hosts?name=web-1'),
    read<{ items: { fleet_command_id: string; summary: { err: number } }[] }>('/v1/edge/fleet/runs'),
    read<{ items: { id: string }[] }>('/v1/edge/groups'),
    read<{ data: { id: string }[] }>('/api/v1/webhooks'),
    read<{ data: { items: { dispatchId: string }[] } }>('/dispatch'),
    read<{ items: { id: string }[] }>('/v1/terminal-sessions'),
  ]);
  const run = runs.items.find(({ summary }) => summary.err > 0) ?? runs.items[0];
  const long = runs.items[0]?.fleet_command_id ?? '';
  const { groups: outputs } = await read<{ groups: { digest: string }[] }>(`/v1/runs/${long}/groups`);
  const hosts = `/v1/runs/${long}/groups/${outputs[0]?.digest}/hosts`;
  const { items: executions } = await read<{ items: { executionId: string }[] }>(hosts);
  return {
    node: nodes.items[0]?.node_id ?? '',
    run: run?.fleet_command_id ?? '',
    other: runs.items.find((one) => one !== run)?.fleet_command_id ?? '',
    execution: executions[0]?.executionId ?? '',
    group: groups.items[0]?.id ?? '',
    cluster: 'harbour',
    webhook: webhooks.data[0]?.id ?? '',
    session: terminals.items[0]?.id ?? '',
    dispatch: dispatches.data.items[0]?.dispatchId ?? '',
  };
}

/** Every screen of the console by its name, with an address of a thing that is there; without those that have none here. */
export function screenPaths(samples: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(SCREENS).flatMap(([name, { path }]) => {
    const names = path.match(/\$\w+/g) ?? [];
    if (names.some((one) => !samples[one.slice(1)])) return [];
    return [[name, path.replace(/\$(\w+)/g, (_, one: string) => samples[one] ?? '')] as const];
  });
}
