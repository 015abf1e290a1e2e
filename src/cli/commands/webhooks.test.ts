import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { A, AT, B, one, page, runCases } from '#test/support/cli-cases.ts';

const directory = mkdtempSync(join(tmpdir(), 'garrison-commands-'));
const SECRET_FILE = join(directory, 'secret');
writeFileSync(SECRET_FILE, `${'s'.repeat(32)}\n`);
afterAll(() => rmSync(directory, { recursive: true }));

const webhook = {
  ...{ id: B, url: 'https://a.example/hook', subscribed_events: ['edge.node.registered'] },
  ...{ paused_at: null, pause_reason: null, failures: 0, failing_since: null, waiting_events: 0 },
  ...{ inserted_at: AT, updated_at: AT },
};

runCases([
  {
    line: 'webhooks list --where event_type=edge.node.registered',
    routes: { 'GET /api/v1/webhooks': page(webhook) },
    asks: ['GET /api/v1/webhooks?page_size=100&include_native=true&event_type=edge.node.registered&page=1'],
    prints: /a\.example.*1.*well.*0/s,
  },
  {
    line: `webhooks show ${B}`,
    routes: { [`GET /api/v1/webhooks/${B}`]: one({ ...webhook, paused_at: AT, pause_reason: 'too long' }) },
    asks: [`GET /api/v1/webhooks/${B}`],
    prints: /paused[\s\S]*too long/,
  },
  {
    line: `webhooks create https://a.example/hook --type run.* --type edge.node.registered --secret-file ${SECRET_FILE}`,
    routes: { 'POST /v1/webhooks': { status: 201, json: { ...webhook, types: [] } } },
    asks: [
      `POST /v1/webhooks {"url":"https://a.example/hook","secret":"${'s'.repeat(32)}","types":["run.*","edge.node.registered"]}`,
    ],
    prints: `${B}\n`,
  },
  {
    line: `webhooks create https://a.example/hook --event edge.node.registered --secret-file ${SECRET_FILE}`,
    routes: { 'POST /api/v1/webhooks': one(webhook, 201) },
    asks: [
      `POST /api/v1/webhooks {"url":"https://a.example/hook","secret":"${'s'.repeat(32)}","subscribed_events":["edge.node.registered"]}`,
    ],
    prints: `${B}\n`,
  },
  {
    line: `webhooks update ${B} --type run.* --url https://b.example/`,
    routes: { [`PATCH /v1/webhooks/${B}`]: { status: 200, json: { ...webhook, types: [] } } },
    asks: [`PATCH /v1/webhooks/${B} {"url":"https://b.example/","types":["run.*"]}`],
    prints: `changed ${B}\n`,
  },
  {
    line: 'webhooks types',
    routes: { 'GET /v1/event_types': { status: 200, json: { items: ['edge.a', 'garrison.b'] } } },
    asks: ['GET /v1/event_types'],
    prints: 'edge.a\ngarrison.b\n',
  },
  {
    line: `webhooks delete ${B}`,
    routes: { [`DELETE /api/v1/webhooks/${B}`]: { status: 204 } },
    asks: [`DELETE /api/v1/webhooks/${B}`],
    prints: `deleted ${B}\n`,
  },
  {
    line: `webhooks test ${B}`,
    routes: { [`POST /api/v1/webhooks/${B}/test`]: one({ event_id: A }, 202) },
    asks: [`POST /api/v1/webhooks/${B}/test`],
    prints: `${A}\n`,
  },
  {
    line: `webhooks redeliver ${B} --event ${A}`,
    routes: { [`POST /api/v1/webhooks/${B}/redeliver`]: one({ queued: 1 }, 202) },
    asks: [`POST /api/v1/webhooks/${B}/redeliver {"event_id":"${A}"}`],
    prints: '1 events are sent again\n',
  },
  {
    line: `webhooks pause ${B} --reason maintenance`,
    routes: { [`POST /api/v1/webhooks/${B}/pause`]: one(webhook) },
    asks: [`POST /api/v1/webhooks/${B}/pause {"reason":"maintenance"}`],
    prints: `paused ${B}\n`,
  },
  {
    line: `webhooks resume ${B}`,
    routes: { [`POST /api/v1/webhooks/${B}/resume`]: one(webhook) },
    asks: [`POST /api/v1/webhooks/${B}/resume`],
    prints: `resumed ${B}\n`,
  },
]);
