import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { recordEvents } from '#core/events/record-events.ts';
import { sql } from '#core/kernel/sql.ts';
import { API_KEY, type EdgeAdminApp, edgeAdminApp } from '#test/support/edge-admin-app.ts';
import { type Received, startReceiver } from '#test/support/receiver.ts';

let admin: EdgeAdminApp;
const closing: (() => Promise<void>)[] = [];
beforeAll(async () => {
  admin = await edgeAdminApp();
});
afterEach(async () => {
  await admin.database.db.execute(sql`delete from event_cursors`);
  for (const close of closing.splice(0)) await close();
});
afterAll(() => admin.close());

const SECRET = 'a-secret-of-thirty-two-characters-or-more';
const PATH = '/api/v1/webhooks';

async function receiver(...args: Parameters<typeof startReceiver>) {
  const made = await startReceiver(...args);
  closing.push(() => made.close());
  return made;
}

const body = (url: string, more: object = {}) => ({
  url,
  secret: SECRET,
  subscribed_events: ['edge.node.registered', 'edge.command_execution.completed'],
  ...more,
});

async function create(url: string, more: object = {}) {
  const answer = await admin.call('POST', PATH, { body: body(url, more) });
  expect([answer.statusCode, answer.json().error]).toEqual([201, undefined]);
  return answer.json().data;
}

/** An event of a subject nobody else has. */
async function tell(subject: string, type: 'node.registered' | 'node.renamed' = 'node.registered') {
  const data = { nodeId: subject as never, name: 'n', idType: 'random' as const, tags: [] };
  await recordEvents(admin.database.db, [{ tenantId: admin.tenant.tenantId, type, subject, data } as never]);
}

const until = (value: () => unknown, wanted: unknown) =>
  expect.poll(value, { timeout: 20_000, interval: 20 }).toEqual(wanted);

async function deliveries(id: string, query = '') {
  return (await admin.call('GET', `${PATH}/${id}/deliveries?page_size=100${query}`)).json().data;
}

describe('a webhook', () => {
  test('is made, shown without its secret and headers, listed, found by its events, and deleted', async () => {
    const { url } = await receiver();
    const made = await create(url, { headers: { authorization: 'Bearer hidden' } });
    expect(made).toEqual({
      id: expect.any(String),
      url,
      subscribed_events: ['edge.node.registered', 'edge.command_execution.completed'],
      inserted_at: expect.any(String),
      updated_at: expect.any(String),
      paused_at: null,
      pause_reason: null,
      failures: 0,
      failing_since: null,
      waiting_events: 0,
    });
    expect((await admin.call('GET', `${PATH}/${made.id}`)).json().data).toEqual(made);
    const found = async (query: string) => (await admin.call('GET', `${PATH}?${query}`)).json().data;
    expect(await found('event_type=edge.node.registered')).toEqual([made]);
    expect(await found('event_type=edge.ssh_username.verified')).toEqual([]);
    expect(await found('url=*127.0.0.1*')).toEqual([made]);
    const rows = JSON.stringify(await admin.database.db.query(sql`select * from webhooks`));
    expect(rows).not.toContain(SECRET);
    expect(rows).not.toContain('hidden');
    expect((await admin.call('DELETE', `${PATH}/${made.id}`)).statusCode).toBe(204);
    expect((await admin.call('GET', `${PATH}/${made.id}`)).statusCode).toBe(404);
  });

  test('that is for types of other APIs is in the list for whoever asks for it', async () => {
    const made = await create('http://127.0.0.1:1/');
    await admin.database.db.execute(sql`update webhooks set is_native = true`);
    const found = async (query: string) => (await admin.call('GET', `${PATH}?${query}`)).json().data;
    expect(await found('')).toEqual([]);
    expect(await found('include_native=false')).toEqual([]);
    expect(await found('include_native=true')).toEqual([made]);
    expect((await admin.call('GET', `${PATH}?include_native=perhaps`)).statusCode).toBe(400);
  });

  test('takes the names of the contract that have no cause yet', async () => {
    const made = await create('http://127.0.0.1:1/', { subscribed_events: ['edge.ssh_username.verified'] });
    expect(made.subscribed_events).toEqual(['edge.ssh_username.verified']);
  });

  test.each([
    ['an unknown event', { subscribed_events: ['edge.node.exploded'] }, 'subscribed_events', /edge\.node\.exploded/],
    ['an event of other APIs', { subscribed_events: ['garrison.run.finished'] }, 'subscribed_events', /garrison/],
    ['a header of ours', { headers: { 'X-Edge-Signature': 'x' } }, 'headers', /set by Garrison/],
    [
      'a header of the connection',
      { headers: { Connection: 'close' } },
      'headers',
      /set by Garrison or by the connection/,
    ],
    ['another host', { headers: { Host: 'bank.example' } }, 'headers', /Host/],
    ['a header with a line break', { headers: { 'X-A': 'a\r\nX-B: b' } }, 'headers', /cannot hold/],
    ['a header without a name', { headers: { 'a b': 'c' } }, 'headers', /not a name/],
    ['a header twice', { headers: { 'X-A': '1', 'x-a': '2' } }, 'headers', /twice/],
    ['a password in the URL', { url: 'http://u:p@a.example/' }, 'url', /user or a password/],
    ['a fragment', { url: 'http://a.example/#f' }, 'url', /fragment/],
  ])('is refused with %s, and the reason', async (_, more, field, reason) => {
    const answer = await admin.call('POST', PATH, { body: body('http://127.0.0.1:1/', more) });
    expect(answer.statusCode).toBe(422);
    expect(answer.json().error.details[field].join()).toMatch(reason);
  });

  test('of another tenant is not there', async () => {
    const made = await create('http://127.0.0.1:1/');
    const stranger = await admin.token(['edge-admin.read', 'edge-admin.write'], admin.stranger);
    for (const [method, path] of [
      ['GET', ''],
      ['DELETE', ''],
      ['GET', '/deliveries'],
      ['POST', '/test'],
      ['POST', '/pause'],
    ] as const) {
      const answer = await admin.call(method, `${PATH}/${made.id}${path}`, {
        as: stranger,
        ...(method === 'POST' && { body: {} }),
      });
      expect([method, path, answer.statusCode]).toEqual([method, path, 404]);
    }
  });
});

describe('an event', () => {
  test('arrives signed: as the contract says, and for the libraries of Standard Webhooks', async () => {
    const { received, url } = await receiver();
    await create(url, { headers: { authorization: 'Bearer for-the-receiver' } });
    await tell('s1');
    await until(() => received.length, 1);
    const [{ headers, body: text }] = received as [Received];
    expect(headers).toMatchObject({
      'content-type': 'application/cloudevents+json',
      authorization: 'Bearer for-the-receiver',
      'user-agent': expect.stringMatching(/^garrison\//),
    });
    expect(headers['x-edge-signature']).toBe(`sha256=${opensslHmac(text)}`);
    const event = JSON.parse(text);
    expect(event).toMatchObject({
      specversion: '1.0',
      type: 'edge.node.registered',
      subject: 's1',
      tenant: admin.tenant.tenantId,
    });
    expect(headers['webhook-id']).toBe(event.id);
    const key = `whsec_${Buffer.from(SECRET).toString('base64')}`;
    expect(new StandardWebhook(key).verify(text, headers as Record<string, string>)).toEqual(event);
    expect(() => new SvixWebhook(key).verify(text, headers as Record<string, string>)).not.toThrow();
    expect(() => new StandardWebhook(key).verify(`${text} `, headers as Record<string, string>)).toThrow();
  });

  test('that is not subscribed, or of another tenant, does not', async () => {
    const { received, url } = await receiver();
    await create(url);
    const data = { nodeId: 'x' as never, name: 'n', idType: 'random' as const };
    await recordEvents(admin.database.db, [
      { tenantId: admin.stranger.tenantId, type: 'node.registered', subject: 'theirs', data },
    ]);
    await tell('s1', 'node.renamed');
    await tell('s2');
    await until(() => received.map((one) => JSON.parse(one.body).subject), ['s2']);
  });

  test('is tried again after a failure, with the same id and a new time, and the log has every attempt', async () => {
    let attempts = 0;
    const { received, url } = await receiver((_, response) => {
      response.statusCode = ++attempts === 1 ? 503 : 204;
      response.end(attempts === 1 ? 'come back later' : '');
    });
    const { id } = await create(url);
    await tell('s1');
    await until(
      async () => (await deliveries(id)).map((one: { outcome: string }) => one.outcome),
      ['delivered', 'failed'],
    );
    expect(received[0]?.headers['webhook-id']).toBe(received[1]?.headers['webhook-id']);
    expect(received[0]?.body).toBe(received[1]?.body);
    const [second, first] = await deliveries(id);
    expect(first).toMatchObject({
      ...{ attempt: 1, status: 503, word: 'server_error', answer: 'come back later' },
      ...{ event_type: 'edge.node.registered', subject: 's1', next_attempt_at: expect.any(String) },
    });
    expect(second).toMatchObject({ attempt: 2, status: 204, word: 'ok', next_attempt_at: null });
  });

  test('that a receiver refuses is not tried again, and can be sent again by hand', async () => {
    let status = 400;
    const since = new Date().toISOString();
    const { received, url } = await receiver((_, response) => {
      response.statusCode = status;
      response.end();
    });
    const { id } = await create(url);
    await tell('s1');
    await until(async () => (await deliveries(id)).map((one: { outcome: string }) => one.outcome), ['refused']);
    status = 200;
    const [{ event_id: eventId }] = await deliveries(id);
    const again = await admin.call('POST', `${PATH}/${id}/redeliver`, { body: { event_id: eventId } });
    expect([again.statusCode, again.json().data]).toEqual([202, { queued: 1 }]);
    await until(async () => (await deliveries(id)).length, 2); // what still waits is left where it is
    expect((await admin.call('POST', `${PATH}/${id}/redeliver`, { body: { since } })).json().data).toEqual({
      queued: 1,
    });
    await until(() => received.length, 3);
    expect(new Set(received.map((one) => JSON.parse(one.body).id)).size).toBe(1);
    expect((await admin.call('POST', `${PATH}/${id}/redeliver`, { body: {} })).statusCode).toBe(422);
  });
});

test('/metrics and the metrics of the controller count every attempt, and show what waits and what rests', async () => {
  const figures = async () => (await admin.call('GET', '/api/v1/admins/me/metrics')).json().data.webhook;
  const gauges = async () => {
    const lines = (await admin.collectMetrics()).split('\n').filter((line) => /^garrison_(webhook|event)/.test(line));
    return Object.fromEntries(lines.map((line) => line.split(' ') as [string, string]));
  };
  const before = [await figures(), await gauges()];
  const grown = async () => {
    const [now, counted] = [await figures(), await gauges()];
    const name = (outcome: string) => `garrison_webhook_deliveries_total{outcome="${outcome}"}`;
    const seconds = 'garrison_webhook_attempt_seconds_count';
    const by = (key: string) => Number(counted[key] ?? 0) - Number(before[1][key] ?? 0);
    return {
      contract: Object.fromEntries(Object.keys(now).map((key) => [key, now[key] - before[0][key]])),
      outcomes: ['delivered', 'failed', 'refused'].map((outcome) => by(name(outcome))),
      timed: by(seconds),
    };
  };
  const answers = [503, 204, 404];
  const { url } = await receiver((_, response) => {
    response.statusCode = answers.shift() ?? 200;
    response.end();
  });
  const { id } = await create(url);
  await tell('s1');
  await until(() => answers, [404]); // it was tried again
  await tell('s2');
  await tell('s3');
  await until(grown, {
    contract: {
      ...{ fan_outs_total: 3, deliveries_total: 4, deliveries_ok_total: 2 },
      ...{ deliveries_recoverable_total: 1, deliveries_terminal_total: 1 },
    },
    outcomes: [2, 1, 1],
    timed: 4,
  });
  await until(async () => (await gauges())['garrison_webhooks{state="delivering"}'], '1');
  await admin.call('POST', `${PATH}/${id}/pause`, { body: {} });
  await tell('s4');
  expect(await gauges()).toMatchObject({
    'garrison_webhooks{state="paused"}': '1',
    garrison_webhook_events_waiting: '0',
  });
  await create('http://127.0.0.1:1/');
  await until(async () => {
    const now = await gauges();
    const isWaiting = Number(now.garrison_webhook_events_waiting) > 0;
    if (!isWaiting) await tell('s5'); // the one before has had its last attempt already
    return [now['garrison_webhooks{state="failing"}'], isWaiting];
  }, ['1', true]);
  expect(Number((await gauges())['garrison_event_lag_seconds{destination="webhook"}'])).toBeLessThan(60);
});

test('a test event is sent whatever the webhook is for', async () => {
  const { received, url } = await receiver();
  const { id } = await create(url);
  const answer = await admin.call('POST', `${PATH}/${id}/test`);
  expect(answer.statusCode).toBe(202);
  await until(
    () => received.map((one) => JSON.parse(one.body)),
    [
      expect.objectContaining({
        ...{ id: answer.json().data.event_id, type: 'garrison.webhook.tested' },
        data: { webhook_id: id },
      }),
    ],
  );
});

test('a paused webhook gets nothing until it is resumed, and then everything', async () => {
  const { received, url } = await receiver();
  const { id } = await create(url);
  const paused = (await admin.call('POST', `${PATH}/${id}/pause`, { body: { reason: 'maintenance' } })).json().data;
  expect(paused).toMatchObject({ paused_at: expect.any(String), pause_reason: 'maintenance' });
  await tell('s1');
  await tell('s2');
  expect(received).toEqual([]);
  expect((await admin.call('POST', `${PATH}/${id}/resume`)).json().data).toMatchObject({ paused_at: null });
  await until(() => received.map((one) => JSON.parse(one.body).subject).toSorted(), ['s1', 's2']);
});

test('after a rotation both secrets verify for a while, and the header of the contract is by the new one', async () => {
  const { received, url } = await receiver();
  const { id } = await create(url);
  const next = 'another-secret-of-thirty-two-characters';
  const rotated = await admin.call('POST', `${PATH}/${id}/rotate_secret`, { body: { secret: next } });
  expect([rotated.statusCode, rotated.body.includes(next)]).toEqual([200, false]);
  await tell('s1');
  await until(() => received.length, 1);
  const [{ headers, body: text }] = received as [Received];
  for (const secret of [SECRET, next]) {
    const key = `whsec_${Buffer.from(secret).toString('base64')}`;
    expect(new StandardWebhook(key).verify(text, headers as Record<string, string>)).toBeTruthy();
  }
  expect(headers['x-edge-signature']).toBe(`sha256=${opensslHmac(text, next)}`);
});

test('the feed tells what is written from now on, and goes on where a reader was', async () => {
  const address = await admin.app.listen({ port: 0, host: '127.0.0.1' });
  async function* read(query: string, lastEventId?: string) {
    const response = await fetch(`${address}/api/v1/events/stream?${query}`, {
      headers: {
        authorization: `Bearer ${API_KEY}`,
        ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
      },
    });
    expect(response.status).toBe(200);
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const [, id = '', type, data = ''] = /^id: (\S+)\nevent: (\S+)\ndata: (.*)$/.exec(text.slice(0, end)) ?? [];
        text = text.slice(end + 2);
        if (id !== '') yield { id, type, event: JSON.parse(data) };
      }
    }
  }
  const since = new Date().toISOString();
  await tell('s1');
  await tell('s2', 'node.renamed');
  await tell('s3');
  const seen: string[] = [];
  let last = '';
  for await (const { id, type, event } of read(`type=edge.*&since=${since}`)) {
    expect(type).toBe('edge.node.registered');
    seen.push(event.subject);
    last = id;
    if (event.subject === 's3') await tell('s4'); // while it is being followed
    if (event.subject === 's4') break;
  }
  expect(seen).toEqual(['s1', 's3', 's4']);
  await tell('s5');
  await tell('0198e1b2-7f6a-7000-8000-0123456789ab', 'node.renamed');
  for await (const { event } of read('type=edge.*', last)) {
    expect(event.subject).toBe('s5');
    break;
  }
  for await (const { type, event } of read(`node_id=0198e1b2-7f6a-7000-8000-0123456789ab&since=${since}`)) {
    expect([type, event.subject]).toEqual(['garrison.node.renamed', '0198e1b2-7f6a-7000-8000-0123456789ab']);
    break;
  }
});

function opensslHmac(text: string, secret = SECRET): string {
  const directory = mkdtempSync(join(tmpdir(), 'garrison-hmac-'));
  try {
    writeFileSync(join(directory, 'body'), text);
    const printed = execFileSync('openssl', ['dgst', '-sha256', '-hmac', secret, join(directory, 'body')], {
      encoding: 'utf8',
    });
    return printed.trim().split('= ')[1] ?? '';
  } finally {
    rmSync(directory, { recursive: true });
  }
}
