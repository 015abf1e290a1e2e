/** Tokens of an issuer open MCP: where to get one is told, and only one that is for this controller is taken (RFC 9728). */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestController, type TestController } from '#test/support/controller.ts';
import { startTestIssuer, type TestIssuer } from '#test/support/oidc-issuer.ts';

let issuer: TestIssuer;
let other: TestIssuer;
let controller: TestController;
let directory: string;
beforeAll(async () => {
  issuer = await startTestIssuer();
  other = await startTestIssuer();
  directory = mkdtempSync(join(tmpdir(), 'garrison-mcp-issuers-'));
  const configuration = join(directory, 'garrison.yaml');
  const settings = [issuer, other].map((one) => ({
    issuer: one.issuer,
    audiences: [one === issuer ? issuer.audience : 'urn:somebody-else'],
    tenantClaim: 'tenant_id',
    tenants: ['default'],
  }));
  writeFileSync(configuration, `oidcIssuers: ${JSON.stringify(settings)}\n`);
  controller = await startTestController({ env: { GARRISON_CONFIG: configuration } });
});
afterAll(async () => {
  await controller?.close();
  await issuer?.close();
  await other?.close();
  rmSync(directory, { recursive: true, force: true });
});

const post = (token?: string) =>
  fetch(`${controller.api}/mcp`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    body: '{}',
  });
const roles = (...names: string[]) => ({ tenant_id: 'default', realm_access: { roles: names } });

test('whoever comes without a token is told where to ask for one, and anybody may read it', async () => {
  const challenged = await post();
  expect(challenged.status).toBe(401);
  const challenge = challenged.headers.get('www-authenticate') ?? '';
  const [, url = ''] = /resource_metadata="([^"]+)"/.exec(challenge) ?? [];
  expect(new URL(url).pathname).toBe('/.well-known/oauth-protected-resource/mcp');
  expect(challenge).toContain('scope="garrison.hosts.read ');
  const metadata = await fetch(controller.api + new URL(url).pathname);
  expect(metadata.headers.get('cache-control')).toContain('max-age=3600');
  expect(await metadata.json()).toMatchObject({
    resource: expect.stringMatching(/\/mcp$/),
    authorization_servers: [issuer.issuer, other.issuer],
    bearer_methods_supported: ['header'],
  });
});

test('a token for another audience, and one of nobody, are none', async () => {
  expect((await post(await other.userToken('ada', roles('garrison.hosts.read')))).status).toBe(401);
  expect((await post('eyJhbGciOiJub25lIn0.e30.')).status).toBe(401);
});

test('a token of the issuer sees the tools that its scopes open', async () => {
  const client = new Client({ name: 'a test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  const authorization = `Bearer ${await issuer.userToken('ada', roles('garrison.hosts.read'))}`;
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${controller.api}/mcp`), {
      requestInit: { headers: { authorization } },
    }),
  );
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(['fleet_overview', 'nodes_find', 'node_get']);
  const refused = await client.callTool({ name: 'run_preview', arguments: { on: 'all', command: 'true' } }).then(
    ({ isError }) => isError,
    () => true,
  );
  expect(refused).toBe(true);
  const { content } = (await client.callTool({ name: 'nodes_find', arguments: {} })) as { content: { text: string }[] };
  expect(JSON.parse(content[0]?.text ?? '').nodes).toEqual([]);
  await client.close();
});
