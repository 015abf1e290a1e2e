/**
 * Failures that systems of this kind are known for, one test each; the numbers only name them. Real programs, except where
 * ten thousand nodes are needed.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from '#core/kernel/sql.ts';
import { edgeAdminApp } from '#test/support/edge-admin-app.ts';
import { DaemonProcess, Installation, until } from '#test/support/installation.ts';
import { processesWith } from '#test/support/process-table.ts';
import { seedNodes } from '#test/support/seed-nodes.ts';

interface Execution {
  readonly id: string;
  readonly node_id: string | null;
  readonly status: string;
  readonly exit_code: number | null;
  readonly output: string | null;
  readonly cluster_name: string | null;
}

interface NodeRecord {
  readonly id: string;
  readonly cluster_name: string;
  readonly inserted_at: string;
}

let site: Installation;
let scratch: string;

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'garrison-defects-'));
  site = await Installation.start({ nodes: 3 });
});

afterAll(async () => {
  await site.close();
  rmSync(scratch, { recursive: true, force: true });
});

async function get<Data>(path: string): Promise<Data> {
  return (await site.admin<{ data: Data }>('GET', `/api/v1/${path}`)).body.data;
}

async function command(text: string, more: object = {}): Promise<string> {
  const order = { command_text: text, targeting: { type: 'all' }, ...more };
  const { status, body } = await site.admin<{ data: { id: string } }>('POST', '/api/v1/commands', order);
  expect(status).toBe(201);
  return body.data.id;
}

const executionsOf = (id: string) => get<Execution[]>(`command_executions?command_id=${id}&page_size=100`);

async function ended(id: string): Promise<Execution[]> {
  let executions: Execution[] = [];
  await until('all executions are over', async () => {
    executions = await executionsOf(id);
    return executions.every(({ status }) => status !== 'pending' && status !== 'sent');
  });
  return executions;
}

test('1: a command for ten thousand nodes is accepted, with an execution for each', async () => {
  const admin = await edgeAdminApp({}, { isCheckingAnswers: false });
  try {
    await seedNodes(admin.database.db, admin.tenant, Array(10_000).fill({}));
    const body = { command_text: 'true', targeting: { type: 'all', node_filters: { version: '1.*' } } };
    await admin.call('POST', '/api/v1/commands', { body: { ...body, targeting: { type: 'nodes', node_ids: [] } } });
    const answer = await admin.call('POST', '/api/v1/commands', { body });
    const { id } = answer.json().data;
    const list = await admin.call('GET', `/api/v1/command_executions?command_id=${id}&page_size=1`);
    expect(list.json().meta.pagination.total_count).toBe(10_000);
    const [nodes] = await admin.database.db.query<{ count: number }>(sql`
      select count(distinct node_id) as count from executions where run_id = ${id}`);
    expect(nodes?.count).toBe(10_000);
  } finally {
    await admin.close();
  }
});

test('2: a command begins when it is given, not at the next minute', async () => {
  const before = Date.now();
  const executions = await ended(await command('date +%s%3N'));
  for (const { output } of executions) expect(Number(output) - before).toBeLessThan(5_000);
});

test('3: a command that fails runs exactly once', async () => {
  const file = join(scratch, 'runs');
  const executions = await ended(await command(`echo "$$" >> ${file}; exit 7`));
  expect(executions.map(({ exit_code }) => exit_code)).toEqual([7, 7, 7]);
  expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(3);
});

test('4: both streams are kept, and can be read while it runs', async () => {
  const id = await command('echo first; echo second >&2; sleep 300');
  await until('what was written so far is there', async () => {
    const executions = await executionsOf(id);
    return executions.every(({ output }) => output?.includes('first') && output.includes('second'));
  });
  for (const execution of await executionsOf(id)) {
    expect(execution.status).toBe('sent');
    await site.admin('PATCH', `/api/v1/command_executions/${execution.id}/cancel`);
  }
  for (const execution of await ended(id)) expect(execution).toMatchObject({ status: 'cancelled', exit_code: 143 });
});

describe('5: no process is left over', () => {
  test('by a time limit', async () => {
    const mark = `garrison-defect-five-a-${process.pid}`;
    const id = await command(`bash -c 'exec -a ${mark} sleep 300 & wait'`, { timeout: 1_500 });
    await until('it runs on all nodes', () => processesWith(mark).length >= 3);
    for (const execution of await ended(id)) expect(execution).toMatchObject({ status: 'completed', exit_code: 124 });
    await until('they are gone', () => processesWith(mark).length === 0, 10_000);
  });

  test('by a cancellation', async () => {
    const mark = `garrison-defect-five-b-${process.pid}`;
    const id = await command(`bash -c 'exec -a ${mark} sleep 300 & wait'`);
    await until('it runs on all nodes', () => processesWith(mark).length >= 3);
    for (const execution of await executionsOf(id)) {
      expect((await site.admin('PATCH', `/api/v1/command_executions/${execution.id}/cancel`)).status).toBe(200);
    }
    for (const execution of await ended(id)) expect(execution).toMatchObject({ status: 'cancelled', exit_code: 143 });
    await until('they are gone', () => processesWith(mark).length === 0, 10_000);
  });
});

test('6: ten megabytes of output, some of it no text, are kept head and tail, and what follows is not held up', async () => {
  const flood = "printf HEAD; head -c 10000000 /dev/zero | tr '\\0' '\\377'; printf TAIL";
  const floods = await command(flood);
  const after = await ended(await command('echo after'));
  expect(after.map(({ output }) => output?.trim())).toEqual(['after', 'after', 'after']);
  for (const { id } of await ended(floods)) {
    const { output, exit_code } = await get<Execution>(`command_executions/${id}`);
    expect(exit_code).toBe(0);
    expect(output?.slice(0, 4096)).toContain('HEAD'); // what a login shell has to say may come first
    expect(output?.endsWith('TAIL')).toBe(true);
    expect(output?.length).toBeLessThan(2_200_000);
  }
});

test('7: a result is kept by the node until it is stored, and stored once', async () => {
  const id = await command('sleep 1; echo kept');
  await until('it runs', async () => (await executionsOf(id)).every(({ status }) => status === 'sent'));
  await site.stopController('SIGKILL');
  await site.startController();
  const executions = await ended(id);
  expect(executions.map(({ status, output }) => [status, output?.trim()])).toEqual(
    Array(3).fill(['completed', 'kept']),
  );
});

test('8: what was not started by its deadline is expired, wherever it waits', async () => {
  const [daemon] = site.daemons;
  await daemon?.stop();
  const id = await command('echo late', { expired_at: new Date(Date.now() + 1_000).toISOString() });
  const executions = await ended(id);
  expect(executions.map(({ status }) => status).sort()).toEqual(['completed', 'completed', 'expired']);
  daemon?.start();
  await site.untilConnected([daemon?.name ?? '']);
});

test('9: the executions of a deleted node come to an end and stay as history', async () => {
  const leaver = await site.addNode('leaver');
  const [node] = await get<NodeRecord[]>('nodes?page_size=1');
  const targeting = { type: 'nodes', node_ids: [node?.id] };
  const id = await command('sleep 300', { targeting });
  await until('it runs', async () => (await executionsOf(id))[0]?.status === 'sent');
  expect((await site.admin('DELETE', `/api/v1/nodes/${node?.id}`)).status).toBe(204);
  expect(await executionsOf(id)).toMatchObject([{ status: 'cancelled', node_id: null }]);
  await leaver.exited();
});

describe('10: what is asked of a list is done or refused', () => {
  test('a date alone is the whole day', async () => {
    const today = new Date().toISOString().slice(0, 10);
    expect((await get<NodeRecord[]>(`nodes?inserted_at__gte=${today}`)).length).toBeGreaterThanOrEqual(3);
    expect((await get<NodeRecord[]>(`nodes?inserted_at__lte=${today}`)).length).toBeGreaterThanOrEqual(3);
    expect(await get<NodeRecord[]>('nodes?inserted_at__lte=2020-01-01')).toEqual([]);
  });

  test.each(['order_by=colour', 'order_by=version&order_directions=up', 'inserted_at__gte=lately', 'colour=red'])(
    '%s is refused',
    async (query) => {
      expect((await site.admin('GET', `/api/v1/nodes?${query}`)).status).toBe(400);
    },
  );

  test('a date in a target narrows it instead of being dropped', async () => {
    const targeting = { type: 'all', node_filters: { last_seen_at__lte: '2020-01-01' } };
    expect(await executionsOf(await command('true', { targeting }))).toEqual([]);
  });
});

test('11: the cluster of an execution is the same in the list and in the record', async () => {
  const [node] = await get<NodeRecord[]>('nodes?page_size=1');
  const id = await command('true', { targeting: { type: 'clusters', cluster_names: [node?.cluster_name] } });
  const [listed] = await ended(id);
  expect(listed?.cluster_name).toBe(node?.cluster_name);
  expect(await get<Execution>(`command_executions/${listed?.id}`)).toEqual(listed);
});

test('12: pages neither repeat nor leave out anything, although all rows are of the same moment', async () => {
  const admin = await edgeAdminApp();
  try {
    const enrolledAt = new Date('2026-01-31T12:00:00Z');
    const ids = await seedNodes(admin.database.db, admin.tenant, Array(95).fill({ enrolledAt }));
    for (const order of ['inserted_at', 'version', 'status', 'last_seen_at']) {
      const seen: string[] = [];
      for (let page = 1; page <= 10; page += 1) {
        const answer = await admin.call('GET', `/api/v1/nodes?page=${page}&page_size=10&order_by=${order}`);
        seen.push(...answer.json().data.map((node: NodeRecord) => node.id));
      }
      expect([order, seen.toSorted()]).toEqual([order, ids.toSorted()]);
    }
  } finally {
    await admin.close();
  }
});

test('18: a join that fails burns no use of its key', async () => {
  const name = `full-${process.pid}`;
  const cluster = { name, node_limit: 1 };
  expect((await site.admin('POST', '/api/v1/clusters', cluster)).status).toBe(201);
  const path = `/api/v1/clusters/${name}/enrollment_keys`;
  const made = await site.admin<{ data: { id: string; key: string } }>('POST', path, { uses_remaining: 5 });
  const { id, key } = made.body.data;
  const join = (host: string) => {
    const daemon = new DaemonProcess(host, `${site.directory}/${host}`);
    site.daemons.push(daemon);
    daemon.start({ ENROLLMENT_KEY: key });
    return daemon;
  };
  join('fits');
  await site.untilConnected(['fits']);
  const refused = join('does-not');
  await until('it is refused', () => refused.log.includes('reached its node limit'));
  expect((await get<{ uses_remaining: number }>(`enrollment_keys/${id}`)).uses_remaining).toBe(4);
});

describe('20: the metrics of a node', () => {
  test.each(['', '/host', '/agent'])('that there is not are not found: /metrics%s', async (part) => {
    const path = `/api/v1/nodes/${crypto.randomUUID()}/metrics${part}`;
    const { status, body } = await site.admin<{ error: { code: string } }>('GET', path);
    expect([status, body.error.code]).toEqual([404, 'not_found']);
  });

  test('that there is are told, of its host and of its daemon', async () => {
    const [node] = await get<NodeRecord[]>('nodes?page_size=1&status=healthy');
    await until('they are there', async () => {
      const metrics = await get<Record<'host' | 'agent', { available: boolean }>>(`nodes/${node?.id}/metrics`);
      return metrics.host.available && metrics.agent.available;
    });
  });
});
