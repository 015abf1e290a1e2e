import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  AgentDispatchClient,
  type DispatchDetail,
  type DispatchFields,
} from '#client/agent-dispatch/agent-dispatch-client.ts';
import { ApiError } from '#client/api-error.ts';
import { Connection } from '#client/connection.ts';
import { Installation, until } from '#test/support/installation.ts';

const hasBubblewrap = spawnSync('bwrap', ['--version']).status === 0;

/** The last one asks its model twice. */
const agentsFile = (model: string) => `
agents:
  quick: { command: [sh, -c, 'echo done'] }
  slow: { command: [sh, -c, 'echo begun; sleep 4; echo done'] }
  thinks:
    command: [sh, -c, 'for n in 1 2; do curl -sSf -H "Authorization: Bearer $KEY" -d "{}" $BASE/v1/x; done']
    env: { BASE: '{baseUrl}', KEY: '{key}' }
    upstream: '${model}'
`;
const model = createServer((request, response) => void request.resume().on('end', () => response.end('{}')));

let site: Installation;
let place: string;

beforeAll(async () => {
  if (!hasBubblewrap) return;
  place = mkdtempSync(join(tmpdir(), 'garrison-agents-'));
  chmodSync(place, 0o755); // the users of agents come through it
  await new Promise<void>((resolve) => model.listen(0, '127.0.0.1', resolve));
  const { port } = model.address() as AddressInfo; // of TCP
  writeFileSync(join(place, 'agents.yaml'), agentsFile(`http://127.0.0.1:${port}`));
  site = await Installation.start({ env: { GARRISON_AGENTS: join(place, 'agents.yaml') } });
});

afterAll(async () => {
  model.close();
  await site?.close();
  if (place !== undefined) rmSync(place, { recursive: true, force: true });
});

/** The controller may have been started again: its address stays, its client does not. */
function client(): AgentDispatchClient {
  const { api, otpKey } = site.ready;
  return new AgentDispatchClient(new Connection({ baseUrl: api, headers: { 'x-api-key': otpKey } }));
}

function environment(name: string) {
  return { GARRISON_AGENTS: join(place, 'agents.yaml'), GARRISON_AGENTS_DIR: join(place, name) };
}

const addWorker = (name: string) => site.addNode(name, {}, undefined, environment(name));

/** Sixty requests a minute are few for somebody who looks all the time: those that were too many are made again. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 429) throw error;
      await delay(1_000 * (error.retryAfterSeconds ?? 1));
    }
  }
}

async function dispatch(agent: string, fields: Partial<DispatchFields> = {}): Promise<string> {
  const { dispatchId } = await patiently(() => client().create({ agent, task: 'Do what you do, please', ...fields }));
  return dispatchId;
}

async function reaches(id: string, isThere: (one: DispatchDetail) => boolean): Promise<DispatchDetail> {
  let one = await patiently(() => client().dispatch(id));
  await until(`${id} has come that far`, async () => {
    one = await patiently(() => client().dispatch(id));
    return isThere(one);
  });
  return one;
}

const hasEnded = (one: DispatchDetail) => one.endedAt !== null;

describe.skipIf(!hasBubblewrap)('a worker that vanishes (needs bubblewrap)', () => {
  test('before the start loses the dispatch to another, which starts it', async () => {
    const frozen = await addWorker('frozen');
    await until(
      'it offers its agents',
      async () => (await client().fleet()).agents.some(({ poolSize }) => poolSize > 0),
      60_000,
    );
    process.kill(frozen.pid, 'SIGSTOP');
    const id = await dispatch('quick');
    const first = await reaches(id, ({ status }) => status === 'provisioning');
    await addWorker('sound');
    await frozen.stop('SIGKILL');
    const ended = await reaches(id, hasEnded);
    expect(ended).toMatchObject({ status: 'success', errorCode: null });
    expect(ended.nodeId).not.toBe(first.nodeId);
    const way = ended.transitions.map(({ status }) => status);
    expect(way.slice(0, 5)).toEqual(['pending', 'provisioning', 'pending', 'provisioning', 'running']);
  });

  test('behind the start takes it along: it has failed, and nobody starts it again', async () => {
    const id = await dispatch('slow');
    const begun = await reaches(id, ({ status }) => status === 'running');
    const worker = site.daemons.find(({ name }) => name === 'sound');
    await worker?.stop('SIGKILL');
    worker?.start(environment('sound'));
    const ended = await reaches(id, hasEnded);
    expect(ended).toMatchObject({ status: 'failed', errorCode: 'daemon_crashed', nodeId: begun.nodeId });
    expect(ended.transitions.filter(({ status }) => status === 'running')).toHaveLength(1);
  });

  test('is not what a controller is that is killed at work: the outcome comes, once, also of what waits for more budget', async () => {
    await until('the worker is back', async () =>
      site.daemons.some((one) => one.name === 'sound' && one.hasOpenedSession),
    );
    const parked = await dispatch('thinks', { budget: { requests: 1, whenSpent: 'ask' } });
    const before = await reaches(parked, (one) => one.parked !== null);
    const id = await dispatch('slow');
    await reaches(id, ({ status }) => status === 'running');
    await site.stopController('SIGKILL');
    await site.startController();
    expect(await patiently(() => client().dispatch(parked))).toMatchObject({
      status: 'running',
      parked: before.parked,
      budget: { maxRequests: 1, addedRequests: 0, whenSpent: 'ask' },
    });
    await patiently(() => client().giveBudget(parked, { addRequests: 1 }));
    expect(await reaches(parked, hasEnded)).toMatchObject({
      status: 'success',
      usage: { modelCalls: 0 },
      parked: null,
    });
    const ended = await reaches(id, hasEnded);
    expect(ended).toMatchObject({ status: 'success' });
    expect(ended.transitions.filter(({ status }) => status === 'running')).toHaveLength(1);
  });
});
