import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pruneExecutions } from '#core/commands/prune-executions.ts';
import { systemClock } from '#core/kernel/clock.ts';
import { newId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import { type EdgeAdminApp, edgeAdminApp } from '#test/support/edge-admin-app.ts';
import type { Behaviour, SimulatedNode } from '#test/support/engine.ts';
import { seedCluster, seedNodes } from '#test/support/seed-nodes.ts';

let admin: EdgeAdminApp;
beforeEach(async () => {
  admin = await edgeAdminApp();
});
afterEach(() => admin.close());

const silent: Behaviour = (order, node) => node.start(order.executionId);

async function command(targeting: object, more: object = {}) {
  const answer = await admin.call('POST', '/api/v1/commands', { body: { command_text: 'true', targeting, ...more } });
  expect([answer.statusCode, answer.json().error]).toEqual([201, undefined]);
  return answer.json().data;
}

async function executionsOf(id: string, query = '') {
  const answer = await admin.call('GET', `/api/v1/command_executions?command_id=${id}&page_size=100${query}`);
  return answer.json().data;
}

/** Looks until the executions are as wanted. */
async function until(id: string, fits: (executions: { status: string }[]) => boolean) {
  return await expect.poll(() => executionsOf(id), { timeout: 10_000, interval: 10 }).toSatisfy(fits);
}

const ids = (nodes: readonly SimulatedNode[]) => nodes.map((node) => node.nodeId);

describe('whom a command is for', () => {
  test('everybody, connected or not, once each, but nobody who is revoked', async () => {
    const connected = await admin.connect([{}, {}]);
    const [away] = await seedNodes(admin.database.db, admin.tenant, [{}, { revokedAt: new Date() }]);
    const { id } = await command({ type: 'all' });
    const executions = await executionsOf(id);
    expect(executions.map((one: { node_id: string }) => one.node_id).sort()).toEqual([...ids(connected), away].sort());
    expect(executions.every((one: { target_all: boolean }) => one.target_all)).toBe(true);
  });

  test('filters narrow every type: on nodes, on clusters, with wildcards and alternatives', async () => {
    const { db } = admin.database;
    const { clusterId, clusterName } = await seedCluster(db, admin.tenant.tenantId);
    const [old, fresh, far] = await seedNodes(db, admin.tenant, [
      { version: '1.2.3', lastSeenAt: new Date('2026-01-31T23:00:00Z') },
      { version: '2.0.0' },
      { version: '1.9.9', clusterId },
    ]);
    const all = [old, fresh, far];
    const meant = async (targeting: object) => {
      const executions = await executionsOf((await command(targeting)).id);
      return executions.map((one: { node_id: string }) => one.node_id).sort();
    };
    const home = admin.tenant.clusterName;
    const cases: [object, (typeof old)[]][] = [
      [{ type: 'all', node_filters: { version: '1.*' } }, [old, far]],
      [{ type: 'all', node_filters: { version: '2.0.0,1.9*' } }, [fresh, far]],
      [{ type: 'all', node_filters: { version: '1%' } }, []],
      [{ type: 'all', node_filters: { status: 'healthy' } }, []],
      [{ type: 'all', node_filters: { cluster_name: clusterName } }, [far]],
      [{ type: 'all', cluster_filters: { name: clusterName } }, [far]],
      [{ type: 'all', cluster_filters: { node_count: 2 } }, [old, fresh]],
      [{ type: 'all', cluster_filters: { name: home }, node_filters: { cluster_name: clusterName } }, []],
      [{ type: 'all', node_filters: { last_seen_at__lte: '2026-01-31' } }, [old]],
      [{ type: 'all', node_filters: { last_seen_at__gte: '2026-02-01' } }, []],
      [{ type: 'nodes', node_ids: all, node_filters: { version: '2.*' } }, [fresh]],
      [{ type: 'nodes', node_ids: all, cluster_filters: { name: clusterName } }, [far]],
      [{ type: 'nodes', node_ids: [old, old] }, [old]],
      [{ type: 'clusters', cluster_names: [clusterName] }, [far]],
      [{ type: 'clusters', cluster_names: [home, clusterName], node_filters: { version: '1.*' } }, [old, far]],
      [{ type: 'clusters', cluster_names: [home, clusterName], cluster_filters: { name: 'c-*' } }, all],
    ];
    for (const [targeting, nodes] of cases) {
      expect([targeting, await meant(targeting)]).toEqual([targeting, nodes.toSorted()]);
    }
  });

  test('ids and names of nobody are named', async () => {
    const refused = async (targeting: object) => {
      const answer = await admin.call('POST', '/api/v1/commands', { body: { command_text: 'true', targeting } });
      expect(answer.statusCode).toBe(422);
      return answer.json().error.details;
    };
    const nobody = newId();
    expect(await refused({ type: 'nodes', node_ids: [nobody] })).toEqual({ node_ids: [`not found: ${nobody}`] });
    const old = '00000000-0000-0000-0000-000000000001';
    expect(await refused({ type: 'nodes', node_ids: [old] })).toEqual({ node_ids: [`not found: ${old}`] });
    expect(await refused({ type: 'clusters', cluster_names: [admin.tenant.clusterName, 'x', 'y'] })).toEqual({
      cluster_names: ['not found: x', 'not found: y'],
    });
    expect(await refused({ type: 'nodes' })).toEqual({ node_ids: ["is required when targeting_type is 'nodes'"] });
    expect((await admin.call('GET', '/api/v1/commands')).json().meta.pagination.total_count).toBe(0);
  });

  test('the cluster is shown when the command was for one by name, in lists and records alike', async () => {
    await seedNodes(admin.database.db, admin.tenant, [{}]);
    const other = await seedCluster(admin.database.db, admin.tenant.tenantId);
    const home = admin.tenant.clusterName;
    const one = await executionsOf((await command({ type: 'clusters', cluster_names: [home, home] })).id);
    const two = await executionsOf((await command({ type: 'clusters', cluster_names: [home, other.clusterName] })).id);
    expect([one[0].cluster_name, two[0].cluster_name]).toEqual([home, null]);
    const record = await admin.call('GET', `/api/v1/command_executions/${one[0].id}`);
    expect(record.json().data).toEqual(one[0]);
  });
});

describe('what becomes of it', () => {
  test('output of both streams comes in the order of the host, with bytes that are no text', async () => {
    await admin.connect([{}], (order, node) => {
      const send = (ordinal: number, stream: 1 | 2, data: Buffer) =>
        node.session?.output({ executionId: order.executionId, ordinal, stream, offset: ordinal, data });
      node.start(order.executionId);
      send(0, 1, Buffer.from('one '));
      send(1, 2, Buffer.from('zwölf '));
      send(2, 1, Buffer.from([0xff, 0x00, 0x5c, 0x41]));
      node.finish(order.executionId, 'failed', 7);
    });
    const { id } = await command({ type: 'all' });
    await until(id, ([one]) => one?.status === 'completed');
    const [execution] = await executionsOf(id);
    expect(execution).toMatchObject({ status: 'completed', exit_code: 7, output: 'one zwölf \ufffd\0\\A' });
    for (const [pattern, isFound] of [
      ['*zwölf*', true],
      ['ONE*', true],
      ['*\\A', true],
      ['*%*', false],
      ['*zw_lf*', false],
      ['one', false],
      ['nothing,*zwölf*', true],
    ] as const) {
      const found = await executionsOf(id, `&output=${encodeURIComponent(pattern)}`);
      expect([pattern, found.length]).toEqual([pattern, isFound ? 1 : 0]);
    }
  });

  test.each([
    ['ok', 'completed', 0],
    ['failed', 'completed', 3],
    ['timed_out', 'completed', 124],
    ['interrupted', 'completed', 3],
    ['cancelled', 'cancelled', 143],
    ['expired', 'expired', 3],
  ] as const)('an end that is %s is %s, also for the filters', async (outcome, status, exitCode) => {
    await admin.connect([{}], (order, node) => {
      node.start(order.executionId);
      node.finish(order.executionId, outcome, outcome === 'ok' ? 0 : 3);
    });
    const { id } = await command({ type: 'all' });
    await until(id, ([one]) => one?.status === status);
    const [execution] = await executionsOf(id);
    expect(execution).toMatchObject({ status, exit_code: exitCode });
    expect(execution.completed_at !== null).toBe(status !== 'expired');
    expect(execution.cancelled_at !== null).toBe(status === 'cancelled');
    expect(await executionsOf(id, `&status=${status}&exit_code=${exitCode}`)).toHaveLength(1);
    expect(await executionsOf(id, '&completed_at__gte=2020-01-01')).toHaveLength(status === 'expired' ? 0 : 1);
    expect(await executionsOf(id, '&cancelled_at__gte=2020-01-01')).toHaveLength(status === 'cancelled' ? 1 : 0);
  });

  test('what could not be run says why in its output', async () => {
    await admin.connect([{}], (order, node) => {
      node.session?.finished({
        executionId: order.executionId,
        outcome: 'failed',
        exitCode: null,
        durationMs: 0,
        errorCode: 'policy_refused',
        errorMessage: 'the policy of this host does not allow script.run',
        stdoutBytes: 0,
        stderrBytes: 0,
        isTruncated: false,
        result: null,
      });
    });
    const { id } = await command({ type: 'all' });
    await until(id, ([one]) => one?.status === 'completed');
    expect(await executionsOf(id, '&has_output=true')).toMatchObject([
      { exit_code: 1, output: 'the policy of this host does not allow script.run' },
    ]);
  });

  test('a list shows head and tail of a long output, the record all of it', async () => {
    const text = `HEAD${'a'.repeat(600_000)}TAIL`;
    await admin.connect([{}], (order, node) => {
      node.start(order.executionId);
      node.write(order.executionId, 0, text);
      node.finish(order.executionId, 'ok');
    });
    const { id } = await command({ type: 'all' });
    await until(id, ([one]) => one?.status === 'completed');
    const [listed] = await executionsOf(id);
    expect(listed.output).toMatch(/^HEADa+\n… output omitted in lists.*…\na+TAIL$/s);
    expect(listed.output.length).toBeLessThan(270_000);
    expect((await admin.call('GET', `/api/v1/command_executions/${listed.id}`)).json().data.output).toBe(text);
  });
});

describe('a node that is away', () => {
  test('gets its command when it returns', async () => {
    const [node] = await admin.connect([{}]);
    await admin.engine.sessions.cutSessions([node?.nodeId as never], 'superseded');
    const { id } = await command({ type: 'all' });
    expect(await executionsOf(id)).toMatchObject([{ status: 'pending', sent_at: null, exit_code: null }]);
    await node?.connect(admin.engine);
    await until(id, ([one]) => one?.status === 'completed');
    expect(node?.orders).toHaveLength(1);
  });

  test('does not get it after the deadline', async () => {
    await seedNodes(admin.database.db, admin.tenant, [{}]);
    const expiredAt = new Date(Date.now() + 150).toISOString();
    const { id } = await command({ type: 'all' }, { expired_at: expiredAt });
    await until(id, ([one]) => one?.status === 'expired');
    expect(await executionsOf(id)).toMatchObject([{ exit_code: null, completed_at: null, expired_at: expiredAt }]);
  });

  test('can be spared it: cancelled at once while it waits', async () => {
    await seedNodes(admin.database.db, admin.tenant, [{}]);
    const { id } = await command({ type: 'all' });
    const [execution] = await executionsOf(id);
    const cancel = () => admin.call('PATCH', `/api/v1/command_executions/${execution.id}/cancel`);
    expect((await cancel()).json().data).toEqual({ result: 'execution cancelled' });
    expect(await executionsOf(id)).toMatchObject([{ status: 'cancelled', exit_code: null, sent_at: null }]);
    const again = await cancel();
    expect([again.statusCode, again.json().error.message]).toEqual([
      409,
      "cannot cancel execution with status 'cancelled' - only 'pending' or 'sent' ones can be cancelled",
    ]);
  });

  test('cannot be told to cancel what it was sent: 503', async () => {
    const [node] = await admin.connect([{}], silent);
    const { id } = await command({ type: 'all' });
    await until(id, ([one]) => one?.status === 'sent');
    await admin.engine.sessions.cutSessions([node?.nodeId as never], 'superseded');
    const [execution] = await executionsOf(id);
    const answer = await admin.call('PATCH', `/api/v1/command_executions/${execution.id}/cancel`);
    expect([answer.statusCode, answer.json().error.code]).toEqual([503, 'service_unavailable']);
  });
});

describe('deleting', () => {
  test('a command needs all its executions to be over; they go with it', async () => {
    await admin.connect([{}], silent);
    await admin.connect([{}]);
    const { id } = await command({ type: 'all' });
    await until(id, (all) => all.filter((one) => one.status === 'completed').length === 1);
    const refused = await admin.call('DELETE', `/api/v1/commands/${id}`);
    expect([refused.statusCode, refused.json().error.message]).toEqual([
      409,
      'cannot delete command with 1 non-completed execution(s) - cancel them or wait for their end',
    ]);
    const running = (await executionsOf(id, '&status=sent'))[0];
    const cancel = await admin.call('PATCH', `/api/v1/command_executions/${running.id}/cancel`);
    expect(cancel.json().data).toEqual({ result: 'cancellation request sent' });
    await until(id, (all) => all.every((one) => one.status !== 'sent'));
    expect((await admin.call('DELETE', `/api/v1/commands/${id}`)).statusCode).toBe(204);
    expect(await executionsOf(id)).toEqual([]);
    expect((await admin.call('GET', `/api/v1/commands/${id}`)).statusCode).toBe(404);
  });

  test('an execution has to be over', async () => {
    await admin.connect([{}], silent);
    const { id } = await command({ type: 'all' });
    await until(id, ([one]) => one?.status === 'sent');
    const [execution] = await executionsOf(id);
    const path = `/api/v1/command_executions/${execution.id}`;
    const refused = await admin.call('DELETE', path);
    expect([refused.statusCode, refused.json().error.code]).toEqual([409, 'conflict']);
    await admin.call('PATCH', `${path}/cancel`);
    await until(id, ([one]) => one?.status === 'cancelled');
    expect((await admin.call('DELETE', path)).statusCode).toBe(204);
    expect((await admin.call('GET', path)).statusCode).toBe(404);
    expect((await admin.call('DELETE', `/api/v1/commands/${id}`)).statusCode).toBe(204);
  });

  test('pruning takes what has been over for long enough, with its output, and tells of it', async () => {
    const { db } = admin.database;
    await admin.connect([{}, {}], (order, node) => {
      node.start(order.executionId);
      node.write(order.executionId, 0, 'x');
      node.finish(order.executionId, 'ok');
    });
    await seedNodes(db, admin.tenant, [{}]);
    const { id } = await command({ type: 'all' });
    await until(id, (all) => all.filter((one) => one.status === 'completed').length === 2);
    const [first] = await executionsOf(id, '&status=completed');
    await db.execute(sql`update executions set finished_at = now() - interval '31 days' where id = ${first.id}`);
    const options = { retentionMs: 30 * 86_400_000, signal: new AbortController().signal };
    expect(await pruneExecutions({ db, clock: systemClock }, options)).toBe(1);
    expect(await executionsOf(id)).toHaveLength(2);
    const [chunks] = await db.query<{ count: number }>(sql`select count(*) as count from output_chunks`);
    expect(chunks?.count).toBe(1);
    const events = await db.query(
      sql`select from events where type = 'command_execution.pruned' and subject = ${first.id}`,
    );
    expect(events).toHaveLength(1);
  });
});

test('commands are found by text, time and deadline, and never change', async () => {
  const later = new Date(Date.now() + 3_600_000).toISOString();
  const plain = await command({ type: 'all' }, { command_text: 'echo a,b' });
  const full = await command({ type: 'all' }, { command_text: 'uptime', timeout: 5_000, expired_at: later });
  expect((await admin.call('GET', `/api/v1/commands/${full.id}`)).json().data).toEqual(full);
  const found = async (query: string) =>
    (await admin.call('GET', `/api/v1/commands?${query}`)).json().data.map((one: { id: string }) => one.id);
  expect(await found('command_text=echo%20a,b')).toEqual([plain.id]);
  expect(await found('command_text=UP*')).toEqual([full.id]);
  expect(await found('has_timeout=false')).toEqual([plain.id]);
  expect(await found('timeout__gte=5000')).toEqual([full.id]);
  expect(await found('has_expired_at=true')).toEqual([full.id]);
  expect(await found('order_by=timeout&order_directions=desc')).toEqual([full.id, plain.id]);
});

test.each([
  ['a deadline in the past', { expired_at: '2020-01-01T00:00:00Z' }, 422, { expired_at: ['must be in the future'] }],
  ['more time than there is', { timeout: 3e9 }, 422, { timeout: ['is at most 2147483647 ms'] }],
  ['no time', { timeout: 0 }, 400, { timeout: ['Value is smaller than inclusive minimum 1'] }],
  ['no text', { command_text: '' }, 400, { command_text: ['String length is smaller than minLength: 1'] }],
])('%s is refused', async (_, fields, status, details) => {
  const body = { command_text: 'true', targeting: { type: 'all' }, ...fields };
  const answer = await admin.call('POST', '/api/v1/commands', { body });
  expect([answer.statusCode, answer.json().error.details]).toEqual([status, details]);
});
