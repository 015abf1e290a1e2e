import { describe, expect, test } from 'vitest';
import { A, AT, cluster, group, groups, hosts, key, node, one, page, setup } from '#test/support/cli-cases.ts';

describe('forms of the answer', () => {
  test('JSON is the answer of the server', async () => {
    const { session } = await setup({ 'GET /v1/edge/groups': groups });
    expect(JSON.parse((await session.run('edge', 'group', 'ls', '-o', 'json')).stdout)).toEqual([group]);
  });

  test('YAML says the same', async () => {
    const { session } = await setup({ 'GET /v1/edge/groups': groups });
    const { stdout } = await session.run('--output=yaml', 'edge', 'group', 'ls');
    expect((await import('yaml')).parse(stdout)).toEqual([group]);
  });

  test('a person sees times from now, and a sentence instead of an empty table', async () => {
    const now = () => new Date('2026-01-01T00:05:00Z');
    const { session } = await setup(
      { 'GET /v1/edge/hosts': hosts, 'GET /v1/edge/groups': { json: { items: [] } } },
      { isTerminal: true, now },
    );
    expect((await session.run('edge', 'ls')).stdout).toContain('5m ago');
    expect((await session.run('edge', 'group', 'ls')).stdout).toBe(
      'No groups. garrison edge group create NAME FRAGMENT… makes one.\n',
    );
  });

  test('the tokens of a node are shown only when they are asked for', async () => {
    const { session } = await setup({
      'GET /api/v1/nodes': page(node),
      [`GET /api/v1/nodes/${A}`]: one(node),
      'GET /v1/edge/hosts': hosts,
    });
    for (const line of ['nodes list -o json', `nodes show ${A}`, `nodes show ${A} -o yaml`]) {
      expect((await session.run(...line.split(' '))).stdout).not.toContain('of-node');
    }
    expect((await session.run('nodes', 'show', A, '--show-secrets')).stdout).toContain('token-of-node');
  });

  test('a key for no cluster in particular says which clusters there are', async () => {
    const { session } = await setup({
      'POST /api/v1/clusters/default/enrollment_keys': { status: 403, json: { errors: [{ detail: 'no default' }] } },
      'GET /api/v1/clusters': page({ name: 'home' }, { name: 'edge' }),
    });
    expect(await session.run('keys', 'create')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--cluster: home, edge'),
    });
  });

  test('enrolment keys are listed without the keys', async () => {
    const { session } = await setup({
      'GET /api/v1/enrollment_keys': page(key),
      'GET /api/v1/enrollment_keys/k': one(key),
    });
    expect((await session.run('keys', 'list', '-o', 'json')).stdout).not.toContain('blob==');
    expect((await session.run('keys', 'list', '-o', 'json', '--show-secrets')).stdout).toContain('blob==');
    expect((await session.run('keys', 'show', 'k')).stdout).toContain('blob==');
  });

  test('a QR code is drawn for a person, the token alone goes to the pipe', async () => {
    const issued = {
      token: 'a.b.c',
      expires_at: AT,
      controller_endpoint: 'h:1',
      qr_payload: 'aegis-edge-enroll://a.b.c',
    };
    const { session } = await setup({ 'POST /v1/edge/enrollment-tokens': { status: 201, json: issued } });
    const { stdout, stderr } = await session.run('edge', 'enroll-token', '--qr');
    expect(stdout).toBe('a.b.c\n');
    expect(stderr).toContain('▄▄▄▄▄▄▄');
  });

  test('pages are walked to the end', async () => {
    const { session, server } = await setup({
      'GET /api/v1/clusters': {
        by: ({ url }) => ({
          json: {
            data: [{ ...cluster, name: url.includes('page=2') ? 'second' : 'first' }],
            meta: { pagination: { next_page: url.includes('page=2') ? null : 2 } },
          },
        }),
      },
    });
    expect((await session.run('clusters', 'list')).stdout).toMatch(/first.*second/s);
    expect(server.requests).toHaveLength(2);
    await session.run('clusters', 'list', '--limit', '1');
    expect(server.requests).toHaveLength(3);
  });
});
