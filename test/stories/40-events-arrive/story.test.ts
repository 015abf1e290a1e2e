import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation, until } from '#test/support/installation.ts';
import { startReceiver } from '#test/support/receiver.ts';

const NODES = 2;
const COMMANDS = 30;
const SECRET = 'a-secret-of-thirty-two-characters-or-more';

let site: Installation;
let receiver: Awaited<ReturnType<typeof startReceiver>>;

beforeAll(async () => {
  receiver = await startReceiver();
  site = await Installation.start({ nodes: NODES, env: { WEBHOOK_ALLOW_PRIVATE_IPS: 'true' } });
});

afterAll(async () => {
  await site.close();
  await receiver.close();
});

const EVENTS = ['created', 'sent', 'completed'].map((what) => `edge.command_execution.${what}`);

test('through two deaths of the controller and one of PostgreSQL every event arrives, signed, and in order for each execution', async () => {
  const made = await site.admin('POST', '/api/v1/webhooks', {
    ...{ url: receiver.url, secret: SECRET, subscribed_events: EVENTS },
  });
  expect(made.status).toBe(201);
  const ordering = orderAll();
  await until('the first events have come', () => receiver.received.length >= 10);
  await site.stopController('SIGKILL');
  await site.startController();
  await until('more have come', () => receiver.received.length >= 40);
  process.kill(postmasterPid(), 'SIGKILL');
  await until('more have come', () => receiver.received.length >= 60);
  await site.stopController('SIGKILL');
  await site.startController();
  await ordering;

  const executions = await countExecutions();
  expect(executions).toBeGreaterThanOrEqual(NODES * COMMANDS); // an order whose answer got lost was given again
  await until('every event has come', () => distinct().size === executions * EVENTS.length);
  const key = `whsec_${Buffer.from(SECRET).toString('base64')}`;
  for (const { body, headers } of receiver.received.slice(-20)) {
    expect(new Webhook(key).verify(body, headers as Record<string, string>)).toBeTruthy();
  }
  const bySubject = Map.groupBy(distinct().values(), ({ subject }) => subject);
  expect(bySubject.size).toBe(executions);
  for (const [subject, events] of bySubject) {
    expect([subject, ...events.map(({ type }) => type)]).toEqual([subject, ...EVENTS]);
  }
});

interface Told {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
}

/** Each event once, in the order in which they came for the first time. */
function distinct(): Map<string, Told> {
  const events = new Map<string, Told>();
  for (const { body } of receiver.received) {
    const event: Told = JSON.parse(body);
    if (!events.has(event.id)) events.set(event.id, event);
  }
  return events;
}

/** Orders one command after the other; what is refused while something is away is ordered again. */
async function orderAll(): Promise<void> {
  for (let number = 0; number < COMMANDS; number++) {
    await until(`command ${number} is taken`, async () => {
      const body = { command_text: `echo ${number}`, targeting: { type: 'all' } };
      const answer = await site.admin('POST', '/api/v1/commands', body).catch(() => undefined);
      return answer?.status === 201;
    });
  }
}

async function countExecutions(): Promise<number> {
  const { body } = await site.admin<{ meta: { pagination: { total_count: number } } }>(
    'GET',
    '/api/v1/command_executions',
  );
  return body.meta.pagination.total_count;
}

function postmasterPid(): number {
  return Number(readFileSync(join(site.dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
}
