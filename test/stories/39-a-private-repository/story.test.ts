import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { git, hasBubblewrap } from '#test/support/agent-desk.ts';
import { type GitHost, serveGit } from '#test/support/git-http.ts';
import { Installation, until } from '#test/support/installation.ts';

const PASSWORD = 'a-token-of-the-robot-0042';
/** Looks for the credentials wherever an agent could, and changes a file. */
const SCRIPT =
  'read -r task; echo "$task" >> README.md; env; git config --list; cat .git/config; git remote -v; ls -a ~ /run/garrison 2>/dev/null; true';

let site: Installation;
let place: string;
let host: GitHost;

beforeAll(async () => {
  if (!hasBubblewrap) return;
  place = realpathSync(mkdtempSync(join(tmpdir(), 'garrison-private-')));
  chmodSync(place, 0o755);
  const repository = join(place, 'git', 'acme', 'secret');
  mkdirSync(repository, { recursive: true });
  git(repository, 'init', '--quiet', '--initial-branch', 'main');
  writeFileSync(join(repository, 'README.md'), '# secret\n');
  git(repository, 'add', '--all');
  git(repository, 'commit', '--quiet', '--message', 'first');
  host = await serveGit(join(place, 'git'), `robot:${PASSWORD}`);
  writeFileSync(join(place, 'agents.yaml'), JSON.stringify({ agents: { own: { command: ['sh', '-c', SCRIPT] } } }));
  const env = {
    GARRISON_AGENTS: join(place, 'agents.yaml'),
    GARRISON_GIT_BASE_URL: `http://${host.host}`,
    GARRISON_AGENTS_DIR: join(place, 'agents'),
  };
  site = await Installation.start({ env, withLocalNode: true });
});
afterAll(async () => {
  await site?.close();
  host?.close();
  if (place !== undefined) rmSync(place, { recursive: true, force: true });
});

// biome-ignore lint/suspicious/noExplicitAny: a few fields of answers whose form the contract gives
async function call(method: string, path: string, body?: object): Promise<any> {
  const response = await fetch(site.ready.api + path, {
    method,
    headers: { authorization: `Bearer ${site.ready.masterKey}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  expect([path, response.ok]).toEqual([path, true]);
  return response.json();
}

/** The stream of a dispatch that is over has an end. */
async function logsOf(id: string): Promise<string> {
  const headers = { authorization: `Bearer ${site.ready.masterKey}` };
  return (await fetch(`${site.ready.api}/dispatch/${id}/logs`, { headers })).text();
}

async function dispatched() {
  const { data } = await call('POST', '/dispatch', { agent: 'own', task: 'Keep it, please', repo: 'acme/secret' });
  let one = data;
  await until('it has ended', async () => {
    one = (await call('GET', `/dispatch/${data.dispatchId}`)).data;
    return ['success', 'failed', 'timeout', 'cancelled'].includes(one.status);
  });
  return { one, logs: await logsOf(data.dispatchId) };
}

describe.skipIf(!hasBubblewrap)('a repository that not everybody may read (needs bubblewrap)', () => {
  test('is not read without credentials, and the dispatch says why', async () => {
    const { one } = await dispatched();
    expect(one.status).toBe('failed');
    expect(host.asked.length).toBeGreaterThan(0);
    expect(host.asked.every(({ isAllowed }) => !isAllowed)).toBe(true);
  });

  test('is read with those of the tenant, which the agent never sees', async () => {
    await call('PUT', `/v1/secrets/git/${encodeURIComponent(host.host)}`, { value: `robot:${PASSWORD}` });
    const { one, logs } = await dispatched();
    expect(one.status, logs).toBe('success');
    expect(host.asked.some(({ isAllowed }) => isAllowed)).toBe(true);
    expect(logs).not.toContain(PASSWORD);
    const { stdout } = spawnSync('grep', ['-rlF', PASSWORD, place, site.dataDir], { encoding: 'utf8' });
    expect(stdout).toBe('');
  });
});
