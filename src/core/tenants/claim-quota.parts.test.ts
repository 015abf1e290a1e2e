import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { contextOf, type SeededTenant, seedController, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { createKey } from '../access/create-key.ts';
import { createAlias } from '../aliases/create-alias.ts';
import { createCluster } from '../clusters/create-cluster.ts';
import { createGroup } from '../groups/create-group.ts';
import type { Context } from '../kernel/context.ts';
import type { NodeId } from '../kernel/ids.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import { claimNodes } from '../nodes/claim-nodes.ts';
import { createSshPublicKey } from '../ssh/ssh-public-keys.ts';
import { createSshUsername } from '../ssh/ssh-usernames.ts';
import { claimQuota } from './claim-quota.ts';
import { QUOTA_KINDS, QUOTAS, type QuotaKind } from './quotas.ts';
import { setTenantQuotas, writeQuotaSettings } from './write-quotas.ts';

let database: TestDatabase;
let db: TestDatabase['db'];
let tenant: SeededTenant;
let ctx: Context;
let nodeId: NodeId;
let made = 0;

beforeEach(async () => {
  database = await testDatabase();
  db = database.db;
  tenant = await seedTenant(db, 'org');
  ctx = contextOf(tenant);
  await seedController(db, new Date(Date.now() + 60_000));
  [nodeId] = (await seedNodes(db, tenant, [{}])) as [NodeId];
});

afterEach(() => database.close());

const ssh = { changed: () => {} }; // no node is connected
const allow = (kind: QuotaKind, bound: number) => setTenantQuotas(db, tenant.tenantId, { [kind]: bound });
const name = () => `n${++made}`;
const sshKey = () =>
  `ssh-ed25519 ${Buffer.concat([Buffer.from('0000000b7373682d6564323535313900000020', 'hex'), randomBytes(32)]).toString('base64')}`;

/** One more of it, by the use case that makes it; where that needs much around it, by its claim and its row. */
const MAKE: Record<QuotaKind, () => Promise<unknown>> = {
  nodes: () => claimAnd('nodes', (tx) => seedNodes(tx, tenant, [{}])),
  revokedCertificates: () => db.transaction((tx) => claimNodes(tx, tenant.tenantId, 1)).then(insertRevoked),
  clusters: () => createCluster(ctx, { db }, { name: name(), ipv4Range: null, nodeLimit: null }),
  keys: () => db.transaction((tx) => createKey(ctx, { db: tx }, { kind: 'scoped', name: name() })),
  waitingApprovals: () =>
    claimAnd('waitingApprovals', (tx) =>
      tx.execute(sql`
        insert into approvals (id, tenant_id, kind, about, approver, needs_reason, summary, asked_by, asker, person, asked_at, expires_at)
        values (gen_random_uuid(), ${tenant.tenantId}, 'run', ${name()}, 'self', false, '{}', '', '', '', now(), now())`),
    ),
  enrollmentKeys: () =>
    claimAnd('enrollmentKeys', (tx) =>
      tx.execute(sql`
        insert into enrollment_keys (id, tenant_id, cluster_id, hash, sealed_key)
        values (gen_random_uuid(), ${tenant.tenantId}, ${tenant.clusterId}, ${randomBytes(8)}, '')`),
    ),
  enrollmentTokens: () =>
    claimAnd('enrollmentTokens', (tx) =>
      tx.execute(sql`
        insert into enrollment_tokens (id, tenant_id, cluster_id, issued_by, issued_at, expires_at)
        values (gen_random_uuid(), ${tenant.tenantId}, ${tenant.clusterId}, 'test', now(), now() + interval '1 minute')`),
    ),
  groups: () => createGroup(ctx, { db }, { name: name(), selector: {} as never, pinnedMembers: [] }),
  aliases: () => createAlias(ctx, { db }, { nodeId, name: name() }),
  sshUsernames: () => createSshUsername(ctx, { db, ssh }, { nodeId, username: name(), password: null, publicKeys: [] }),
  async sshPublicKeys() {
    const input = { nodeId, username: name(), password: null, publicKeys: [] };
    const { id: sshUsernameId } = await createSshUsername(ctx, { db, ssh }, input);
    await createSshPublicKey(ctx, { db, ssh }, { sshUsernameId, name: name(), publicKey: sshKey() });
  },
  webhooks: () =>
    claimAnd('webhooks', (tx) =>
      tx.execute(sql`
        with cursor as (
          insert into event_cursors (id, kind, txid, position) values (gen_random_uuid(), 'webhook', '1', 0) returning id
        )
        insert into webhooks (id, tenant_id, url, sealed_secret) select id, ${tenant.tenantId}, 'https://a.example', '' from cursor`),
    ),
  pendingExecutions: () =>
    claimAnd('pendingExecutions', (tx) =>
      tx.execute(sql`
        with run as (
          insert into runs (id, tenant_id, kind, tool, args, target, policy, target_count, created_by, created_at)
          values (gen_random_uuid(), ${tenant.tenantId}, 'fleet', 'cmd.run', '{}', '{}', '{}', 1, 'test', now()) returning id
        )
        insert into executions (id, run_id, tenant_id, node_id, position, tool, created_at)
        select gen_random_uuid(), id, ${tenant.tenantId}, ${nodeId}, 0, 'cmd.run', now() from run`),
    ),
  secrets: () =>
    claimAnd('secrets', (tx) =>
      tx.execute(sql`
        insert into tenant_secrets (tenant_id, kind, name, sealed) values (${tenant.tenantId}, 'value', ${name()}, '')`),
    ),
  workspaces: () =>
    claimAnd('workspaces', (tx) =>
      tx.execute(sql`
        insert into workspaces (id, tenant_id, repo) values (gen_random_uuid(), ${tenant.tenantId}, ${name()})`),
    ),
  workspaceMebibytes: () =>
    claimAnd('workspaceMebibytes', (tx) =>
      tx.execute(sql`
        insert into workspaces (id, tenant_id, repo, size_bytes)
        values (gen_random_uuid(), ${tenant.tenantId}, ${name()}, 1048576)`),
    ),
  waitingDispatches: () => claimAnd('waitingDispatches', (tx) => insertDispatch(tx, null)),
  runningDispatches: () => claimAnd('runningDispatches', (tx) => insertDispatch(tx, nodeId)),
};

function insertDispatch(tx: Queryable, placedOn: NodeId | null) {
  return tx.execute(sql`
    insert into dispatches (id, tenant_id, name, agent, model, task, context, workspace_mode, timeout_seconds, created_by, caller,
      status, node_id, run_id)
    values (gen_random_uuid(), ${tenant.tenantId}, ${name()}, 'a', 'm', 't', 'minimal', 'ephemeral', 60, 'test', 'test',
      ${placedOn === null ? 'pending' : 'running'}, ${placedOn}::uuid,
      case when ${placedOn}::uuid is null then null else gen_random_uuid() end)`);
}

function claimAnd(kind: QuotaKind, make: (tx: Queryable) => Promise<unknown>): Promise<unknown> {
  return db.transaction(async (tx) => {
    await claimQuota(tx, { tenantId: tenant.tenantId, kind });
    await make(tx);
  });
}

async function insertRevoked() {
  await db.execute(sql`
    with authority as (
      insert into authorities (id, kind, certificate, subject_key_id, not_before, not_after)
      values (gen_random_uuid(), 'root', '', '', now(), now()) returning id
    )
    insert into certificates (serial, tenant_id, authority_id, node_id, purpose, subject, fingerprint, public_key_hash,
      certificate, not_before, not_after, revoked_at)
    select ${name()}, ${tenant.tenantId}, id, ${nodeId}, 'node', '', ${randomBytes(8)}, '', '', now(),
      now() + interval '1 day', now() from authority`);
}

describe.each(QUOTA_KINDS)('the quota of %s', (kind) => {
  /** What is there before anything is made. */
  const before = kind === 'nodes' ? 1 : kind === 'clusters' ? 1 : 0;

  test('is refused beyond, in words that name it, and not overtaken by those who come at once', async () => {
    await allow(kind, before + 3);
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => MAKE[kind]()));
    const refused = results.filter((one) => one.status === 'rejected').map((one) => one.reason);
    const isOneTransaction = kind !== 'revokedCertificates'; // that row is written by whoever revokes, later
    if (isOneTransaction) expect(refused.map((one) => one.code)).toEqual(Array(5).fill(QUOTAS[kind].code));
    await expect(MAKE[kind]()).rejects.toMatchObject({
      code: QUOTAS[kind].code,
      message: `This tenant may have at most ${before + 3} ${QUOTAS[kind].noun}: ${QUOTAS[kind].remedy}.`,
    });
  });

  test('of one tenant is nothing to another', async () => {
    await allow(kind, 0);
    await expect(MAKE[kind]()).rejects.toMatchObject({ code: QUOTAS[kind].code });
    const other = await seedTenant(db);
    await db.transaction((tx) => claimQuota(tx, { tenantId: other.tenantId, kind }));
  });

  test('names a setting of its own, and says when to come back if it is worth coming back', () => {
    const { setting, env, code } = QUOTAS[kind];
    expect(setting).toBe(`quota${kind[0]?.toUpperCase()}${kind.slice(1)}`);
    expect(env).toMatch(/^GARRISON_QUOTA_[A-Z_]+$/);
    expect('retryAfterSeconds' in QUOTAS[kind]).toBe(code === 'rate_limited');
  });
});

describe('the bound', () => {
  const bounds = Object.fromEntries(QUOTA_KINDS.map((kind) => [kind, QUOTAS[kind].default])) as Record<
    QuotaKind,
    number
  >;
  const configure = (changes: Partial<typeof bounds>, nodeSharePercent = 80) =>
    writeQuotaSettings(db, { bounds: { ...bounds, ...changes }, nodeSharePercent });
  const claim = (kind: QuotaKind, adding: number) =>
    db.transaction((tx) => claimQuota(tx, { tenantId: tenant.tenantId, kind, adding }));

  test('is the installation’s until the master key sets another, and again when it is taken back', async () => {
    await configure({ groups: 2 });
    await expect(claim('groups', 3)).rejects.toMatchObject({ code: 'conflict' });
    await setTenantQuotas(db, tenant.tenantId, { groups: 3 });
    await claim('groups', 3);
    expect(await setTenantQuotas(db, tenant.tenantId, { groups: null })).toEqual({});
    await expect(claim('groups', 3)).rejects.toMatchObject({ code: 'conflict' });
    await expect(setTenantQuotas(db, tenant.tenantId, { nonsense: 1 })).rejects.toMatchObject({ code: 'invalid' });
  });

  test('of nodes is a share of the room of all controllers, but not for the tenant of the installation', async () => {
    await configure({}, 50); // of 10,000
    await claim('nodes', 4_999);
    await expect(claim('nodes', 5_000)).rejects.toMatchObject({ code: 'conflict' });
    await setTenantQuotas(db, tenant.tenantId, { nodes: 6_000 });
    await claim('nodes', 5_000);
    await setTenantQuotas(db, tenant.tenantId, { nodes: null });
    await db.execute(sql`update tenants set kind = 'system' where id = ${tenant.tenantId}`);
    await claim('nodes', 20_000);
  });

  test('far away keeps nobody waiting for those who are at it, and many at once wait', async () => {
    const inside = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const first = db.transaction(async (tx) => {
      await claimQuota(tx, { tenantId: tenant.tenantId, kind: 'aliases' });
      inside.resolve();
      await go.promise;
    });
    await inside.promise;
    await claim('aliases', 1);
    const many = claim('aliases', 501).then(() => 'many');
    expect(await Promise.race([many, claim('groups', 1).then(() => 'other')])).toBe('other');
    go.resolve();
    await first;
    expect(await many).toBe('many');
  });

  test('costs one statement far below it, and three near it', async () => {
    const statementsOf = (adding: number) =>
      db.transaction(async (tx) => {
        let statements = 0;
        const query: Queryable['query'] = (statement) => {
          statements += 1;
          return tx.query(statement);
        };
        await claimQuota({ ...tx, query }, { tenantId: tenant.tenantId, kind: 'pendingExecutions', adding });
        return statements;
      });
    expect(await statementsOf(2_000)).toBe(1);
    expect(await statementsOf(200_000)).toBe(3);
  });

  test('of pending executions counts those that have not ended, also where the targets of their runs are too many', async () => {
    await allow('pendingExecutions', 1);
    await MAKE.pendingExecutions();
    await db.execute(sql`update executions set state = 'finished', outcome = 'ok', finished_at = now()`);
    await claim('pendingExecutions', 1);
  });
});
