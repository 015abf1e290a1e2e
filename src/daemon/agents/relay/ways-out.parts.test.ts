import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aborted } from '#runtime/aborted.ts';
import { AgentDesk, type DeskOptions, hasBubblewrap } from '#test/support/agent-desk.ts';
import type { BudgetQuestion } from '../ask-for-budget.ts';
import type { MoreBudget } from './budget-gate.ts';

const REAL_KEY = 'sk-real-0123456789abcdef';

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly key: string;
}

let provider: Server;
let address: string;
let asked: Asked[];
let desk: AgentDesk;

beforeEach(async () => {
  asked = [];
  provider = createServer((request, response) => {
    const { url: path = '', method = '', headers } = request;
    asked.push({ method, path, key: String(headers.authorization ?? headers['x-api-key'] ?? '') });
    request.resume();
    if (path.endsWith('/elsewhere')) return response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
    if (path.endsWith('/busy')) return response.writeHead(429, { 'retry-after': '1' }).end('{}');
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(
      `data: ${JSON.stringify({ message: { model: 'm-1', usage: { input_tokens: 700, cache_read_input_tokens: 500 } } })}\n\n`,
    );
    response.end(`data: ${JSON.stringify({ type: 'message_delta', usage: { output_tokens: 34 } })}\n\n`);
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  address = `127.0.0.1:${(provider.address() as AddressInfo).port}`;
});
afterEach(async () => {
  desk.close();
  provider.closeAllConnections();
  await new Promise((resolve) => provider.close(resolve));
});

/** An agent that runs `script` with a relay to the provider. */
function setup(script: string, options: DeskOptions = {}): AgentDesk {
  desk = new AgentDesk({
    definitions: {
      own: {
        command: ['sh', '-c', script],
        env: { BASE: '{baseUrl}', KEY: '{key}' },
        upstream: `http://${address}`,
      },
    },
    ...options,
  });
  return desk;
}

const ASK = 'curl -sS -o /dev/null -w "%{http_code}\\n" -H "Authorization: Bearer $KEY" -d "{}"';
const sealed = () => desk.seal({ model_keys: { own: REAL_KEY } }, 'dsp_1');
const said = (ran: { log: readonly { source: string; message: string }[] }) =>
  ran.log.filter(({ source }) => source === 'agent').map(({ message }) => message);

describe.runIf(hasBubblewrap)('the relay to a model', () => {
  test('puts in the key that the agent never has, and counts what was used', async () => {
    setup(
      `${ASK} $BASE/v1/messages; ${ASK} $BASE/v1/messages; env; cat /proc/*/environ /proc/*/cmdline | tr '\\\\0' '\\\\n' | sort -u; ls -la /run/inside`,
    );
    const ran = await desk.run({ agent: 'own', sealed: sealed() });
    expect(ran).toMatchObject({ outcome: 'ok' });
    expect(said(ran).slice(0, 2)).toEqual(['200', '200']);
    expect(asked).toEqual(Array(2).fill({ method: 'POST', path: '/v1/messages', key: `Bearer ${REAL_KEY}` }));
    expect(ran.result.usage).toEqual([
      {
        model: 'm-1',
        requests: 2,
        input_tokens: 1400,
        cache_read_tokens: 1000,
        cache_write_tokens: 0,
        output_tokens: 68,
        reasoning_tokens: 0,
      },
    ]);
    expect(ran.output).not.toContain('[redacted]');
    for (const content of Object.values(ran.artifacts)) expect(content.includes(REAL_KEY)).toBe(false);
    expect(JSON.parse(String(ran.artifacts['network.json'])).model_requests).toHaveLength(2);
  });

  test('lets through nothing but what the table names, follows no redirect, and serves nobody without the key of the run', async () => {
    setup(
      `${ASK} -X DELETE $BASE/v1/x; ${ASK} $BASE/elsewhere; ${ASK} --path-as-is $BASE/v1/%2fx; KEY=another; ${ASK} $BASE/v1/x`,
    );
    const ran = await desk.run({ agent: 'own', sealed: sealed() });
    expect(said(ran)).toEqual(['404', '502', '404', '401']);
    expect(asked.map(({ path }) => path)).toEqual(['/elsewhere']);
  });

  test.each([
    ['tokens', { tokens: 1500 }],
    ['requests', { requests: 2 }],
  ])('ends with the budget of %s, and says so', async (_what, budget) => {
    setup(`for n in 1 2 3; do ${ASK} $BASE/v1/messages; done; exit 1`);
    const ran = await desk.run({ agent: 'own', sealed: sealed(), budget });
    expect(said(ran)).toEqual(['200', '200', '403']);
    expect(asked).toHaveLength(2);
    expect(ran).toMatchObject({ outcome: 'failed', errorCode: 'budget_exceeded' });
  });

  describe('where somebody is to be asked once the budget is spent', () => {
    const budget = { requests: 1, when_spent: 'ask' };
    const ask = (script: string, given: readonly MoreBudget[]) => {
      const questions: BudgetQuestion[] = [];
      const held = setup(script);
      held.agents.askBudgetWith(async (question) => {
        questions.push(question);
        await delay(400); // longer than an agent may be silent
        return given[questions.length - 1] ?? { kind: 'refused', reason: 'denied by Ann' };
      });
      return questions;
    };

    test('holds what the agent asks until there is more, ends it when there is none, and takes no silence amiss meanwhile', async () => {
      const questions = ask(`for n in 1 2 3 4; do ${ASK} $BASE/v1/messages; done; exit 1`, [
        { kind: 'added', tokens: 0, requests: 2 },
      ]);
      const ran = await desk.run({ agent: 'own', sealed: sealed(), budget, idle_secs: 0.3 });
      expect(said(ran)).toEqual(['200', '200', '200', '403']);
      expect(questions.map(({ known }) => known.requests)).toEqual([0, 2]);
      expect(asked).toHaveLength(3);
      expect(ran).toMatchObject({
        errorCode: 'budget_exceeded',
        errorMessage: 'it has made the 3 requests of its budget; denied by Ann',
      });
    });

    test('holds many at once and asks once; those whose agent has hung up use nothing of what is given', async () => {
      const impatient = `(${ASK} -m 0.1 $BASE/v1/gone || true) 2>/dev/null`;
      const patient = Array.from({ length: 3 }, () => `${ASK} $BASE/v1/x &`).join(' ');
      const questions = ask(`${ASK} $BASE/v1/x; ${impatient}; ${patient} wait; echo done`, [
        { kind: 'added', tokens: 0, requests: 3 },
      ]);
      const ran = await desk.run({ agent: 'own', sealed: sealed(), budget });
      expect(said(ran)).toEqual(['200', '000', '200', '200', '200', 'done']);
      expect(questions).toHaveLength(1);
      expect(asked.map(({ path }) => path)).toEqual(Array(4).fill('/v1/x'));
      expect(ran.outcome).toBe('ok');
    });

    test('its time limit goes on: it has run out of time, not of budget', async () => {
      setup(`${ASK} $BASE/v1/x; ${ASK} $BASE/v1/x`);
      desk.agents.askBudgetWith((_question, signal) => aborted(signal).then(() => undefined));
      const ran = await desk.run({ agent: 'own', sealed: sealed(), budget }, { timeoutMs: 1_500 });
      expect(ran).toMatchObject({ outcome: 'timed_out', result: { outcome: 'timeout' } });
      expect(asked).toHaveLength(1);
    });
  });

  test('tells what the provider answered when the agent gives up', async () => {
    setup(`${ASK} $BASE/busy; exit 1`);
    expect(await desk.run({ agent: 'own', sealed: sealed() })).toMatchObject({ errorCode: 'provider_rate_limited' });
  });

  test('to a provider that is not there is a failure of the provider', async () => {
    setup(`${ASK} $BASE/v1/x; exit 1`);
    provider.closeAllConnections();
    await new Promise((resolve) => provider.close(resolve));
    expect(await desk.run({ agent: 'own', sealed: sealed() })).toMatchObject({ errorCode: 'provider_unavailable' });
  });
});

describe.runIf(hasBubblewrap)('the way out', () => {
  const GET = 'curl -sS -o /dev/null -w "%{http_code}/%{http_connect}\\n" --proxytunnel --noproxy "" -x "$HTTPS_PROXY"';

  test('leads to the hosts of the list and to no other, and what was refused is told', async () => {
    setup(
      `${GET} http://ADDRESS/x; ${GET} http://127.0.0.1:1/; ${GET} http://169.254.169.254/latest/; ${GET} http://localhost:22/; curl -sS --noproxy '*' http://ADDRESS/y; true`.replaceAll(
        'ADDRESS',
        address,
      ),
    );
    const hosts = [address, '169.254.169.254:80', 'localhost:22'];
    const ran = await desk.run({ agent: 'own', network: { mode: 'allow-list', hosts } });
    expect(said(ran).filter((line) => !line.startsWith('curl'))).toEqual(['200/200', '000/403', '000/403', '000/403']);
    expect(asked.map(({ path }) => path)).toEqual(['/x']);
    expect(ran.result.network_denials).toBe(3);
  });

  test('is not there when the network is off', async () => {
    setup(`${GET} http://${address}/x || echo nothing; env | grep -i proxy || echo none`);
    const ran = await desk.run({ agent: 'own', network: { mode: 'off' } });
    expect(said(ran).filter((line) => !line.startsWith('curl'))).toEqual(['000/000', 'nothing', 'none']);
    expect(asked).toEqual([]);
  });
});
