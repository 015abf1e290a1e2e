/**
 * The test server of the official suite: the door of the product (`src/surfaces/mcp/door.ts`) within its HTTP plumbing, and behind it
 * what the suite asks for. Prints its address as one line.
 *
 * For 2025-11-25 the suite wants what needs sessions: a server that asks the client in the middle of a call. The product keeps none
 * and asks nothing; here they are held by the SDK's transport, behind the same door.
 */
import { randomUUID } from 'node:crypto';
import {
  createMcpHandler,
  isLegacyRequest,
  type McpHandlerRequestOptions,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import type { Principal } from '#core/kernel/context.ts';
import { newId, type TenantId } from '#core/kernel/ids.ts';
import { silentLog } from '#runtime/log.ts';
import { openDoor, prepareDoors } from '#surfaces/mcp/door.ts';
import { testHttpApp } from '#test/support/test-http-app.ts';
import { fixtureServer } from './fixture.ts';

const tenantId = newId<TenantId>();
const principal: Principal = { kind: 'key', subject: 'suite', name: 'suite', tenantId, scopes: 'all', isMaster: false };
const TOKEN = 'suite';

const now = createMcpHandler(fixtureServer);
const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();

async function fetch(request: Request, options: McpHandlerRequestOptions = {}): Promise<Response> {
  if (!(await isLegacyRequest(request, options.parsedBody))) return now.fetch(request, options);
  const id = request.headers.get('mcp-session-id');
  const open = id === null ? await newSession() : sessions.get(id);
  return open?.handleRequest(request, options) ?? new Response(null, { status: 404 });
}

async function newSession(): Promise<WebStandardStreamableHTTPServerTransport> {
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, transport),
  });
  await fixtureServer().connect(transport);
  return transport;
}

const { app } = await testHttpApp([], {
  plugins: [
    async (scope) => {
      prepareDoors(scope, silentLog);
      const deps = {
        callers: { authenticateKey: async (presented: string) => (presented === TOKEN ? { principal } : undefined) },
        log: silentLog,
        publicUrl: () => 'http://localhost',
        names: () => [],
        issuers: [],
      };
      openDoor(scope, '/mcp', deps as never, { fetch }); // a key that nobody has made has no record
    },
  ],
});
const address = await app.listen({ host: '127.0.0.1', port: 0 });
process.once('SIGTERM', () => process.exit(0));
console.log(JSON.stringify({ api: address, mcpToken: TOKEN }));
