import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { AgentDefinition } from '#protocol/tools/agent-run.ts';
import { AgentDesk, hasBubblewrap, type Ran } from '#test/support/agent-desk.ts';
import { processesWith } from '#test/support/process-table.ts';

const desks: AgentDesk[] = [];
const servers: Server[] = [];
afterEach(() => {
  for (const desk of desks.splice(0)) desk.close();
  for (const server of servers.splice(0)) server.close();
});

const AGENT = readFileSync(new URL('../../../../test/support/acp_agent.py', import.meta.url), 'utf8');
const marker = `acp-${process.pid}-${Math.random()}`;

/** Runs the scripted agent, which behaves as it is told. */
function behaves(
  manner: string,
  { args = {}, upstream }: { readonly args?: object; readonly upstream?: string } = {},
  watching?: Parameters<AgentDesk['run']>[1],
): Promise<Ran> {
  const definition = {
    command: ['/usr/bin/python3', '-c', AGENT, manner, marker],
    env: { BASE: '{baseUrl}', KEY: '{key}' },
    protocol: 'acp',
    ...(upstream !== undefined && { upstream }),
  } satisfies AgentDefinition;
  const desk = new AgentDesk({ definitions: { spoken: definition } });
  desks.push(desk);
  return desk.run({ agent: 'spoken', task: 'Write "it"\n--help', ...args }, watching);
}

const said = (ran: Ran, source = 'agent') =>
  ran.log.filter((one) => one.source === source).map(({ message }) => message);

describe.runIf(hasBubblewrap)('an agent that speaks ACP', () => {
  test('is given its task, is allowed what it asks for, and is read: words, tools, plan, usage', async () => {
    const ran = await behaves('works');
    expect(ran).toMatchObject({
      outcome: 'ok',
      exitCode: 0,
      result: { final_text: 'It is\nwritten.', reported_usage: { input_tokens: 12, output_tokens: 3 } },
    });
    expect(ran.artifacts['changes.patch']?.toString()).toContain('+Write "it"\n+--help');
    expect(said(ran)).toEqual(['plan, 0 of 2 done: write it', 'plan, 1 of 2 done', 'It is', 'written.']);
    expect(said(ran, 'tool')).toEqual(['Write done.txt']);
    expect(ran.steps.some(({ percent }) => percent === 55)).toBe(true);
  });

  test('reaches no file and no terminal through us, and is not lied to', async () => {
    const ran = await behaves('outside');
    expect(ran.outcome).toBe('ok');
    const refused = ['fs/read_text_file', 'fs/write_text_file', 'terminal/create', '_vendor/anything'];
    expect(said(ran)).toEqual([...refused.map((method) => `${method}: -32601`), 'never: cancelled']);
  });

  test('may say what makes no sense: that is logged, and changes nothing', async () => {
    const ran = await behaves('garbage');
    expect(ran.outcome).toBe('ok');
    expect(said(ran)).toContain('not json');
    expect(Math.max(...ran.log.map(({ message }) => message.length))).toBeLessThanOrEqual(32 * 1024);
  });

  test.each([
    ['never ends a line', 'huge', /message of 4194304 characters/],
    ['does not read what it asks for', 'floods', /does not read/],
    ['speaks another version', 'newer', /speaks version 2 of the protocol/],
  ])('that %s is ended, and that is said', async (_what, manner, message) => {
    expect(await behaves(manner)).toMatchObject({
      outcome: 'failed',
      errorCode: 'agent_failed',
      errorMessage: expect.stringMatching(message),
    });
  });

  test('that never answers is ended with its time, and nothing is left of it', async () => {
    const ran = await behaves('silent', {}, { timeoutMs: 800 });
    expect(ran).toMatchObject({ outcome: 'timed_out' });
    expect(processesWith(marker)).toEqual([]);
  });

  test('is told to stop before it is ended, and one that stays after its turn has done what it should', async () => {
    const stopped = await behaves(
      'waits',
      {},
      {
        onLine: ({ message }, stop) => (message === 'waiting' ? stop({ kind: 'cancelled', reason: 'no' }) : undefined),
      },
    );
    expect(stopped).toMatchObject({ outcome: 'cancelled' });
    expect(said(stopped)).toContain('told to stop');
    expect(await behaves('stays')).toMatchObject({ outcome: 'ok', exitCode: 0 });
  });

  test('whose provider refuses has failed, whether it says so or swallows it', async () => {
    expect(await behaves('refuses')).toMatchObject({ errorCode: 'provider_unauthorized' });
    const provider = createServer((request, response) => {
      request.resume();
      response.writeHead(429).end('{}');
    });
    servers.push(provider);
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    const upstream = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
    const ran = await behaves('swallows', { upstream });
    expect(said(ran)).toContain('429');
    expect(ran).toMatchObject({ outcome: 'failed', errorCode: 'provider_rate_limited' });
  });
});
