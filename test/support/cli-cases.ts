/** Command lines against a server that answers by the contracts: what is asked of it, and what is printed. */

import { expect, onTestFinished, test } from 'vitest';
import { type CliOptions, cliSession } from './cli-session.ts';
import { fakeController, type Routes, type SeenRequest } from './fake-controller.ts';

export const A = '00000000-0000-7000-8000-00000000000a';
export const B = '00000000-0000-7000-8000-00000000000b';
export const AT = '2026-01-01T00:00:00Z';

export async function setup(routes: Routes, options: CliOptions = {}) {
  const server = await fakeController(routes);
  const env = { GARRISON_API: server.url, GARRISON_KEY: 'the-key', GARRISON_ORG: 'org-1', GARRISON_TENANT: 'team-1' };
  const session = await cliSession({ now: () => new Date(AT), ...options, env });
  onTestFinished(async () => {
    await Promise.all([server.close(), session.close()]);
  });
  return { server, session };
}

export const page = (...data: unknown[]) => ({
  json: { data, meta: { pagination: { next_page: null, total_count: data.length } } },
});

export const one = (data: unknown, status = 200) => ({ status, json: { data, meta: {} } });

export const host = {
  node_id: `n-${A}`,
  name: 'web-1',
  tenant_id: 'u-1',
  status: 'Connected',
  since: AT,
  last_heartbeat_at: AT,
  tags: ['prod'],
  capabilities: { os: 'linux', arch: 'x86_64', local_tools: ['git'], labels: { region: 'eu' } },
};

export const hosts = { json: { items: [host], next_cursor: null } };

export const group = {
  id: `g-${B}`,
  name: 'dbs',
  selector: { tags: [{ Has: 'db' }] },
  pinned_members: [`n-${B}`],
  resolved_member_count: 2,
  resolved_members: [{ node_id: `n-${A}`, name: 'web-1', status: 'Connected' }],
  created_at: AT,
};

export const groups = { json: { items: [group] } };

export const node = {
  id: A,
  node_name: `node-${A}`,
  id_type: 'persistent',
  status: 'healthy',
  cluster_name: 'home',
  version: '1.0',
  http_port: 1,
  ssh_port: 2,
  ssh_host_keys: ['ssh-ed25519 AAAA'],
  http_proxy_port: 3,
  socks5_proxy_port: 4,
  api_token: 'token-of-node',
  proxy_password: 'password-of-node',
  last_seen_at: AT,
  inserted_at: AT,
  updated_at: AT,
};

export const cluster = {
  id: B,
  name: 'staging',
  network_name: 'cluster-staging',
  vpn_domain: 'cluster-staging.nm.internal',
  ipv4_range: '100.64.0.0/24',
  node_limit: null,
  node_count: 0,
  nodes: [],
  inserted_at: AT,
  updated_at: AT,
};

export const key = {
  id: B,
  cluster_name: 'home',
  name: null,
  tags: [],
  key: 'blob==',
  uses_remaining: 1,
  expired_at: null,
  inserted_at: AT,
  updated_at: AT,
};

export const execution = {
  id: B,
  command_id: 'c1',
  command_text: 'echo hi',
  node_id: A,
  status: 'completed',
  exit_code: 0,
  output: 'hi\n',
  target_all: true,
  completed_at: AT,
  inserted_at: AT,
  updated_at: AT,
};

export const HASH = 'ab'.repeat(32);

export const WHOLE = {
  is_intact: true,
  rows: 7,
  unkeyed_rows: 0,
  broken_at: null,
  reason: null,
  head: { position: 7, hash: HASH },
};

export const application = {
  memory_total_bytes: 80 * 2 ** 20,
  cpu_seconds_total: 12.5,
  uptime_seconds: 19_500,
  uptime_human: '5h 25m',
};

export const lines = (...all: string[]) => all.map((line) => `${line}\n`).join('');

export interface Case {
  readonly line: string;
  readonly routes: Routes;
  /** `METHOD /path?query` or with the body behind it, in order. */
  readonly asks: readonly string[];
  readonly prints: string | RegExp;
  readonly exitCode?: number;
}

function asked({ method, url, body }: SeenRequest): string {
  return `${method} ${decodeURIComponent(url)}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`;
}

export const HOSTS = 'GET /v1/edge/hosts?name=web-1&limit=200';

/** One test per line: it asks for this and prints that, with the key of the session on every request. */
export function runCases(cases: readonly Case[]): void {
  test.each(cases)('garrison $line', async ({ line, routes, asks, prints, exitCode = 0 }) => {
    const { server, session } = await setup(routes);
    const result = await session.run(...line.split(' '));
    expect(result.stderr).not.toContain('error:');
    expect(new Set(server.requests.map(asked))).toEqual(new Set(asks));
    if (typeof prints === 'string') expect(result.stdout).toBe(prints);
    else expect(result.stdout).toMatch(prints);
    expect(result.exitCode).toBe(exitCode);
    expect(
      server.requests.every(
        ({ headers }) => headers.authorization === 'Bearer the-key' || headers['x-api-key'] === 'the-key',
      ),
    ).toBe(true);
  });
}
