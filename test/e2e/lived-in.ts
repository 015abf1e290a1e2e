/** What a site looks like on which people have worked for a while: each screen has something to show. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws'; // sends the credential itself
import { git, hasBubblewrap } from '#test/support/agent-desk.ts';
import { type Installation, type InstallationOptions, script, until } from '#test/support/installation.ts';
import { startReceiver } from '#test/support/receiver.ts';

const SECRET = 'a-secret-of-thirty-two-characters-or-more';
const EVENTS = ['edge.node.registered', 'edge.command_execution.completed'];

/** It notes the task, changes a file that is there, adds one, and says what it does meanwhile. */
const SCRIBE = `#!/bin/sh
read -r task
cat > /dev/null
echo "I read: $task"
sed -i 's/^max_load=.*/max_load=12000/' crane.conf
printf '%s\\n' '#!/bin/sh' 'set -eu' '. ./crane.conf' 'test "$max_load" -le 12000' > check-load.sh
sed -i 's/"version": "1/"version": "2/' package-lock.json
echo "I changed crane.conf and added check-load.sh"
`;

export interface LivedIn {
  readonly webhookUrl: string;
  close(): Promise<void>;
}

/** What the controller has to be started with. @param directory one that agents can read. @param issuer where people sign in */
export function livedInOptions(
  directory: string,
  issuer?: { readonly issuer: string; readonly audience: string },
): InstallationOptions {
  chmodSync(directory, 0o755);
  const origin = join(directory, 'git', 'harbour', 'crane');
  mkdirSync(origin, { recursive: true });
  writeFileSync(join(origin, 'README.md'), '# crane\n\nLifts what the ships bring.\n');
  writeFileSync(join(origin, 'crane.conf'), 'name=crane\nmax_load=8000\nfloor=quay-1\n');
  writeFileSync(join(origin, 'package-lock.json'), lockFile());
  git(origin, 'init', '--quiet', '--initial-branch', 'main');
  git(origin, 'add', '--all');
  git(origin, 'commit', '--quiet', '--message', 'first');
  writeFileSync(join(directory, 'scribe'), SCRIBE, { mode: 0o755 });
  const agents = { scribe: { command: [join(directory, 'scribe')], model: 'pen-1' } };
  writeFileSync(join(directory, 'agents.yaml'), JSON.stringify({ agents }));
  const configuration = join(directory, 'garrison.yaml');
  writeFileSync(configuration, `oidcIssuers: ${JSON.stringify(issuer === undefined ? [] : [settingsOf(issuer)])}\n`);
  return {
    withLocalNode: hasBubblewrap,
    env: {
      DEFAULT_CLUSTER_NAME: 'harbour',
      WEBHOOK_ALLOW_PRIVATE_IPS: 'true', // the receivers are on this machine
      GARRISON_CONFIG: configuration,
      GARRISON_AGENTS: join(directory, 'agents.yaml'),
      GARRISON_GIT_BASE_URL: `file://${join(directory, 'git')}`,
      GARRISON_AGENTS_DIR: join(directory, 'agents'),
    },
  };
}

function settingsOf({ issuer, audience }: { readonly issuer: string; readonly audience: string }) {
  const client = { clientId: 'garrison-cli', resource: 'urn:garrison' };
  return { issuer, audiences: [audience], tenantClaim: 'tenant_id', tenants: ['default'], ...client };
}

export async function liveIn(site: Installation): Promise<LivedIn> {
  const receiver = await startReceiver();
  const service = await startService();
  const refusing = await startReceiver((_, response) => response.writeHead(503).end('the harbour is closed today'));
  await Promise.all([
    site.addNode('web-1', { role: 'web' }),
    site.addNode('web-2', { role: 'web' }),
    site.addNode('db-1', { role: 'db' }),
  ]);
  await nameThings(site, receiver.url, refusing.url);
  await giveOrders(site, `http://127.0.0.1:${service.port}`);
  await useTerminal(site);
  if (hasBubblewrap) await sendAgents(site);
  return {
    webhookUrl: receiver.url,
    async close() {
      await Promise.all([receiver.close(), refusing.close(), service.close()]);
    },
  };
}

async function nameThings(site: Installation, webhookUrl: string, refusingUrl: string): Promise<void> {
  const hosts = await Array.fromAsync(site.fleet.hosts());
  for (const { node_id, name } of hosts) {
    if (/^(web|db)-/.test(name)) await site.fleet.changeHostTags(node_id, { add: [name.split('-')[0] ?? name] });
  }
  await site.fleet.createGroup({ name: 'web-servers', selector: { tags: [{ Has: 'web' }] } });
  const db = hosts.find(({ name }) => name === 'db-1');
  await site.fleet.createGroup({
    name: 'databases',
    selector: { labels: [{ Equals: { role: 'db' } }] },
    pinned_members: db ? [db.node_id] : [],
  });
  await admin(site, 'POST', '/api/v1/clusters', { name: 'yard', ipv4_range: '100.77.0.0/24', node_limit: 50 });
  const { data: known } = await admin<{ data: readonly { id: string }[] }>(site, 'GET', '/api/v1/nodes');
  if (known[0]) await admin(site, 'POST', `/api/v1/nodes/${known[0].id}/aliases`, { name: 'primary' });
  const inAWeek = new Date(Date.now() + 7 * 86_400_000).toISOString();
  const key = { name: 'rack 4', uses_remaining: 12, expired_at: inAWeek, tags: ['rack-4', 'web'] };
  await admin(site, 'POST', '/api/v1/clusters/harbour/enrollment_keys', key);
  await site.fleet.issueEnrollmentToken({ name: 'web-3', tags: ['web'] });
  for (const url of [webhookUrl, refusingUrl])
    await admin(site, 'POST', '/api/v1/webhooks', { url, secret: SECRET, subscribed_events: EVENTS });
  const keys = [
    { name: 'ci pipeline', scopes: ['aegis.edge.fleet.read', 'aegis.edge.fleet.manage'] },
    { name: 'dashboard', scopes: ['aegis.edge.hosts.read'], expires_at: inAWeek },
  ];
  for (const one of keys) await admin(site, 'POST', '/v1/keys', one);
  for (const [outpost_name, region] of [
    ['quay-north', 'eu-west-1'],
    ['quay-south', 'eu-south-2'],
  ])
    await registerOutpost(site, { outpost_name, region });
}

async function giveOrders(site: Installation, service: string): Promise<void> {
  const target = { All: null } as const;
  const run = (command: string, ...args: string[]) => site.run({ target, tool: 'cmd.run', args: { command, args } });
  await run('uname', '-sr');
  await run('curl', '-fsS', `${service}/version`);
  await run('curl', '-fsS', `${service}/health`);
  const colours =
    'for i in $(seq 1 300); do printf "\\033[32mok\\033[0m %03d \\033[1mstep\\033[0m of the build\\n" $i; done';
  await site.run({ target, ...script(colours) });
  await admin(site, 'POST', '/api/v1/commands', { command_text: 'uptime', targeting: { type: 'all' } });
}

/** A service that all machines ask; to the first one it answers otherwise. */
function startService() {
  const asked = new Map<string, number>();
  return startReceiver(({ path }, response) => {
    const count = (asked.get(path) ?? 0) + 1;
    asked.set(path, count);
    if (path === '/version') return response.end(count === 1 ? 'crane 2.3.9\n' : 'crane 2.4.1\n');
    return response.writeHead(count === 1 ? 503 : 200).end('lifting\n');
  });
}

/** Two attempts at one task, and one that a time limit ends. */
async function sendAgents(site: Installation): Promise<void> {
  const task = 'Raise the load limit of the crane to 12 tonnes.';
  const request = { agent: 'scribe', repo: 'harbour/crane', task, judge: 'git diff --stat; echo 0.9' };
  const { data } = await admin<{ data: { attempts?: readonly { dispatchId: string }[]; dispatchId: string } }>(
    ...([site, 'POST', '/dispatch', { ...request, attempts: [{ model: 'pen-2' }] }] as const),
  );
  const ids = new Set([data.dispatchId, ...(data.attempts ?? []).map(({ dispatchId }) => dispatchId)]);
  for (const id of ids)
    await until(`dispatch ${id} is over`, async () => {
      const { data: one } = await admin<{ data: { status: string } }>(site, 'GET', `/dispatch/${id}?skipLogs=true`);
      return !['pending', 'running'].includes(one.status);
    });
}

/** Somebody looks around on a machine, by the socket that browsers use. */
async function useTerminal({ ready }: Installation): Promise<void> {
  const headers = { authorization: `Bearer ${ready.masterKey}` };
  const window = { columns: 80, rows: 24, type: 'xterm-256color' };
  const answer = await fetch(`${ready.api}/v1/terminal-sessions/tickets`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'terminal', node: 'web-1', command: ['uname', '-a'], window }),
  });
  const { ticket, protocol, path } = (await answer.json()) as { ticket: string; protocol: string; path: string }; // as its operation says
  const socket = new WebSocket(ready.api.replace(/^http/, 'ws') + path, [protocol, ticket], { headers });
  await new Promise((resolve, reject) => socket.once('close', resolve).once('error', reject));
}

async function admin<Body = unknown>(site: Installation, method: string, path: string, body?: unknown): Promise<Body> {
  const answer = await site.admin<Body>(method, path, body);
  if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

async function registerOutpost({ ready }: Installation, outpost: object): Promise<void> {
  const { status } = await fetch(`${ready.api}/v1/orgs/${ready.orgId}/outposts`, {
    method: 'POST',
    headers: { 'x-api-key': ready.arbKey, 'content-type': 'application/json' },
    body: JSON.stringify(outpost),
  });
  if (status !== 201) throw new Error(`an outpost was not registered: ${status}`);
}

/** As long as such files are: the console keeps it closed. */
function lockFile(): string {
  const packages = Array.from({ length: 400 }, (_, number) => [`p${number}`, { version: '1.0.0', resolved: '' }]);
  return `${JSON.stringify({ packages: Object.fromEntries(packages) }, undefined, 2)}\n`;
}
