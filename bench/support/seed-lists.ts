/** Rows for the benches of lists: nodes in clusters of 200, and as many executions of a hundred commands. */
import { type ClusterId, newId } from '#core/kernel/ids.ts';
import { type Queryable, sql } from '#core/kernel/sql.ts';
import { type SeededTenant, seedController, seedNodes } from '../../test/support/seed-nodes.ts';

const NODES_IN_CLUSTER = 200;
const COMMANDS = 100;
const BATCH = 10_000;

/** Gives the id of one of the commands. */
export async function seedLists(db: Queryable, tenant: SeededTenant, count: number): Promise<{ commandId: string }> {
  const controllerId = await seedController(db, new Date(Date.now() + 3_600_000));
  const clusterIds = Array.from({ length: Math.ceil(count / NODES_IN_CLUSTER) }, () => newId<ClusterId>());
  await db.execute(sql`
    insert into clusters (id, tenant_id, name, ipv4_range)
    select id, ${tenant.tenantId}, 'bench-' || place, set_masklen(inet '101.0.0.0' + place * 256, 24)::cidr
    from unnest(${clusterIds}::uuid[]) with ordinality as made (id, place)`);
  for (let start = 0; start < count; start += BATCH) {
    const seeds = Array.from({ length: Math.min(BATCH, count - start) }, (_, i) => seedOf(start + i));
    await seedNodes(db, tenant, seeds);
  }
  const commandIds = Array.from({ length: COMMANDS }, () => newId());
  await db.execute(sql`
    insert into runs (id, tenant_id, kind, tool, args, target, policy, view, target_count, state, created_by, created_at)
    select id, ${tenant.tenantId}, 'command', 'script.run', '{"script": "true"}', '{}', '{}',
      '{"isForAll": true, "targeting": {"type": "all"}}', ${count / COMMANDS}, 'finished', 'bench', now() - place * interval '1 minute'
    from unnest(${commandIds}::uuid[]) with ordinality as made (id, place)`);
  await db.execute(sql`
    insert into executions (id, run_id, tenant_id, node_id, position, tool, state, outcome, is_released, created_at, sent_at,
      finished_at, exit_code)
    select gen_random_uuid(), runs.id, ${tenant.tenantId}, node.id, node.place, 'script.run', 'finished',
      case when node.place % 10 = 0 then 'failed' else 'ok' end, true, runs.created_at, runs.created_at, runs.created_at,
      case when node.place % 10 = 0 then 1 else 0 end
    from runs cross join (
      select id, row_number() over () as place from nodes limit ${count / COMMANDS}
    ) as node
    where runs.tenant_id = ${tenant.tenantId}`);
  await db.execute(sql`vacuum analyze`);
  return { commandId: commandIds[0] ?? '' };

  function seedOf(n: number) {
    return {
      clusterId: clusterIds[Math.floor(n / NODES_IN_CLUSTER)] as ClusterId, // a cluster for every 200
      version: `1.${n % 7}.${n % 5}`,
      isSelfUpdateEnabled: n % 2 === 0,
      lastSeenAt: new Date(Date.UTC(2026, 0, 1 + (n % 2)) + 1_000),
      openedAt: new Date(),
      enrolledAt: new Date(Date.UTC(2026, 0, 1) + n * 1_000),
      controllerId: n % 10 === 3 ? null : controllerId,
    };
  }
}
