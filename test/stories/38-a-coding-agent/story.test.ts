/**
 * A task goes to a coding agent on a repository, by the surface of dispatches, to the node of `up`: a sandbox, a secret, the
 * log, and a patch that applies. One that is cancelled leaves nothing that runs.
 */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { git, hasBubblewrap } from '#test/support/agent-desk.ts';
import { Installation, until } from '#test/support/installation.ts';
import { processesWith } from '#test/support/process-table.ts';

const SECRET = 'a-token-of-the-tenant-0815';
const OWN = `cat > task.txt
echo "the secret is $DEPLOY_TOKEN"
printf '%s' "$DEPLOY_TOKEN" | base64
echo changed >> README.md`;
const SLOW = 'echo "it runs"; exec sleep 86400.38';

interface Answer {
  readonly data: Readonly<Record<string, unknown>>;
}

let site: Installation;
let place: string;
let repository: string;

beforeAll(async () => {
  place = realpathSync(mkdtempSync(join(tmpdir(), 'garrison-dispatch-')));
  chmodSync(place, 0o755);
  repository = join(place, 'repositories', 'harbour', 'crane');
  mkdirSync(repository, { recursive: true });
  writeFileSync(join(repository, 'README.md'), 'a crane\n');
  git(repository, 'init', '--quiet', '--initial-branch', 'main');
  git(repository, 'add', '--all');
  git(repository, 'commit', '--quiet', '--message', 'first');
  for (const [name, content] of Object.entries({ own: OWN, slow: SLOW }))
    writeFileSync(join(place, name), `#!/bin/sh\n${content}\n`, { mode: 0o755 });
  const agents = { own: { command: [join(place, 'own')] }, slow: { command: [join(place, 'slow')] } };
  writeFileSync(join(place, 'agents.yaml'), JSON.stringify({ agents }));
  const env = {
    GARRISON_AGENTS: join(place, 'agents.yaml'),
    GARRISON_GIT_BASE_URL: `file://${join(place, 'repositories')}`,
    GARRISON_AGENTS_DIR: join(place, 'agents'),
  };
  site = await Installation.start({ env, withLocalNode: true });
});
afterAll(async () => {
  await site.close();
  rmSync(place, { recursive: true, force: true });
});

async function call(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(site.ready.api + path, {
    method,
    headers: { authorization: `Bearer ${site.ready.masterKey}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
  return JSON.parse(text) as Answer; // what the surface is documented to answer
}

async function dispatch(request: Readonly<Record<string, unknown>>): Promise<string> {
  const { data } = await call('POST', '/dispatch', { task: 'Paint the crane, and say so.', ...request });
  return String(data.dispatchId);
}

/** All of the log, read to the end of the dispatch. */
async function follow(id: string): Promise<string> {
  const response = await fetch(`${site.ready.api}/dispatch/${id}/logs`, {
    headers: { authorization: `Bearer ${site.ready.masterKey}` },
    signal: AbortSignal.timeout(60_000),
  });
  return response.text();
}

test.runIf(hasBubblewrap)('a task becomes a patch on the commit it began with, and the secret is nowhere', async () => {
  await call('PUT', '/v1/secrets/value/DEPLOY_TOKEN', { value: SECRET });
  const id = await dispatch({ agent: 'own', repo: 'harbour/crane', additionalSecrets: ['DEPLOY_TOKEN'] });
  const log = await follow(id);
  expect(log).toContain('the secret is [redacted]');
  const { data } = await call('GET', `/dispatch/${id}`);
  expect(data).toMatchObject({ status: 'success', progress: 100, agent: 'own', modelId: 'own' });
  const { data: kept } = await call('GET', `/artifacts/${id}`);
  const artifacts = kept.artifacts as { key: string; url: string }[];
  expect(artifacts.map(({ key }) => key)).toEqual(
    expect.arrayContaining(['changes.patch', 'context.json', 'execution.log', 'metadata.json', 'result.json']),
  );
  const contents = await Promise.all(artifacts.map(async ({ url }) => (await fetch(url)).text()));
  for (const told of [log, ...contents, JSON.stringify(data)]) {
    expect(told).not.toContain(SECRET);
    expect(told).not.toContain(Buffer.from(SECRET).toString('base64'));
  }
  const patch = contents[artifacts.findIndex(({ key }) => key === 'changes.patch')] ?? '';
  writeFileSync(join(place, 'changes.patch'), patch);
  git(repository, 'apply', '--index', '--whitespace=nowarn', join(place, 'changes.patch'));
  expect(readFileSync(join(repository, 'README.md'), 'utf8')).toBe('a crane\nchanged\n');
  expect(readFileSync(join(repository, 'task.txt'), 'utf8')).toMatch(/^Paint the crane, and say so\./);
});

test.runIf(hasBubblewrap)('one that is cancelled while its agent works leaves no process', async () => {
  const id = await dispatch({ agent: 'slow', repo: 'harbour/crane' });
  await until('the agent works', () => processesWith('86400.38').length > 0);
  await call('DELETE', `/dispatch/${id}`, { reason: 'not any more' });
  await until('nothing of it is left', () => processesWith('86400.38').length === 0);
  const { data } = await call('GET', `/dispatch/${id}`);
  expect(data).toMatchObject({ status: 'cancelled' });
});
