import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startTestController, type TestController } from '#test/support/controller.ts';

let controller: TestController;
beforeAll(async () => {
  controller = await startTestController();
});
afterAll(() => controller.close());

/** Signs a browser in with a key. @returns its cookie. */
async function signIn(key: string): Promise<string> {
  const answer = await fetch(`${controller.api}/console/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
    body: JSON.stringify({ key }),
  });
  expect(answer.ok, await answer.text()).toBe(true);
  return answer.headers.get('set-cookie')?.split(';')[0] ?? '';
}

/** Events as they come; `ended` when the stream does. */
async function follow(cookie: string, topics: string, lastEventId?: string) {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const response = await fetch(`${controller.api}/console/feed?topics=${topics}`, {
    headers: { cookie, ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) },
    signal: stop.signal,
  });
  expect(response.status).toBe(200);
  const events = read(response.body as ReadableStream<Uint8Array>);
  return async () => {
    const { value, done } = await events.next();
    return done === true ? 'ended' : { event: value.event, data: JSON.parse(value.data) as Record<string, unknown> };
  };
}

async function* read(body: ReadableStream<Uint8Array>): AsyncGenerator<EventSourceMessage> {
  const found: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => found.push(event) });
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    parser.feed(text);
    yield* found.splice(0);
  }
}

async function newKey(scopes: readonly string[]): Promise<{ id: string; api_key: string }> {
  const { body } = await controller.call<{ id: string; api_key: string }>('POST', '/v1/keys', { name: 'k', scopes });
  return body;
}

test('a list that moves is told with the ids of the own tenant, and of nobody else', async () => {
  const next = await follow(await signIn(controller.secrets.masterKey.reveal()), 'keys,nodes');
  expect(await next()).toEqual({ event: 'ready', data: { without: [] } });
  const org = await controller.call<{ id: string }>('POST', '/v1/orgs', { name: 'Other' });
  expect((await controller.call('POST', `/v1/orgs/${org.body.id}/keys`, {})).status).toBe(201);
  const { id } = await newKey(['audit.read']);
  expect(await next()).toEqual({ event: 'keys', data: { ids: [id], more: false } });
});

test('topics that the key does not open are named and not told; a reader that comes again reads again', async () => {
  const { api_key: key } = await newKey(['garrison.hosts.read']);
  const next = await follow(await signIn(key), 'keys,nodes,unheard', '17');
  expect(await next()).toEqual({ event: 'reload', data: { without: ['keys', 'unheard'] } });
});

test('the feed ends with the key that its session was opened with', async () => {
  const { id, api_key: key } = await newKey(['garrison.hosts.read']);
  const next = await follow(await signIn(key), 'nodes');
  expect(await next()).toMatchObject({ event: 'ready' });
  expect((await controller.call('DELETE', `/v1/keys/${id}`)).status).toBe(204);
  expect(await next()).toBe('ended');
});

test('without a session there is no feed', async () => {
  expect((await fetch(`${controller.api}/console/feed?topics=nodes`)).status).toBe(401);
});
