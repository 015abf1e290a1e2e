import type { SelfUpdate } from '#client/edge-admin/wire.ts';
import type { Invocation } from '../../invocation.ts';
import { factsView } from '../../output/print-view.ts';
import { printTargeting } from '../commands/targeting.ts';

export async function showUpdate(invocation: Invocation, update: SelfUpdate): Promise<void> {
  const { id, version, status, targeting, waves, failures, inserted_at } = update;
  await invocation.print(
    factsView(update, [
      ['id', id],
      ['on', printTargeting(targeting)],
      ['version', version],
      ['waves', waves ? describeWaves(waves) : 'all at once'],
      ['status', status],
      ['nodes', describeProgress(update)],
      ['ordered', invocation.ago(inserted_at)],
      ...failures.map(
        ({ node_name, node_id, code, message }) =>
          [node_name ?? node_id ?? 'removed node', [code, message].filter(Boolean).join(': ')] as const,
      ),
    ]),
  );
}

export function describeProgress({ progress }: SelfUpdate): string {
  const { waiting = 0, under_way = 0, updated = 0, failed = 0 } = progress ?? {};
  return `${updated} updated, ${failed} failed, ${under_way} under way, ${waiting} waiting`;
}

function describeWaves(waves: NonNullable<SelfUpdate['waves']>): string {
  const parts = [
    waves.canary_percent === null ? undefined : `first ${waves.canary_percent}%`,
    `then ${waves.batch} at a time`,
    waves.soak_seconds > 0 ? `${waves.soak_seconds} s between` : undefined,
    waves.health_gate ? 'when healthy' : undefined,
    `until ${waves.stop_after} failed`,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}
