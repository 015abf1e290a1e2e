import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Installation, until } from '#test/support/installation.ts';
import { garrison } from '#test/support/program.ts';

const hasBubblewrap = spawnSync('bwrap', ['--version']).status === 0;
const python = '/usr/bin/python3';
const hasPython = spawnSync(python, ['--version']).status === 0;

/** Agents of this story: shell scripts that are given the task on standard input. */
const AGENTS = `
agents:
  writer: { command: [sh, -c, 'cat > task.txt; echo changed >> README.md; echo "I wrote it"'], model: pen-1 }
  claude: { command: [sh, -c, 'cat > task.txt; echo "so did I"'] }
  breaker: { command: [sh, -c, 'echo "it broke" >&2; exit 3'] }
  sleeper: { command: [sh, -c, 'echo asleep; sleep 36036'] }
`;

let site: Installation;
let place: string;
let clone: string;

const git = (directory: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
    cwd: directory,
    encoding: 'utf8',
  });

/** `acme/web` below a base of files, and a clone of it. */
function makeRepository(): void {
  const work = join(place, 'work');
  mkdirSync(work);
  git(work, 'init', '--quiet', '--initial-branch=main');
  writeFileSync(join(work, 'README.md'), '# web\n');
  git(work, 'add', '.');
  git(work, 'commit', '--quiet', '--message', 'first');
  git(place, 'clone', '--quiet', '--bare', work, join(place, 'git/acme/web'));
  git(place, 'clone', '--quiet', join(place, 'git/acme/web'), clone);
}

beforeAll(async () => {
  if (!hasBubblewrap) return;
  place = mkdtempSync(join(tmpdir(), 'garrison-agents-'));
  chmodSync(place, 0o755); // the users of agents come through it
  clone = join(place, 'clone');
  writeFileSync(join(place, 'agents.yaml'), AGENTS);
  makeRepository();
  const env = { GARRISON_AGENTS: join(place, 'agents.yaml'), GARRISON_GIT_BASE_URL: `file://${place}/git` };
  site = await Installation.start({ env });
  await site.addNode('builder', {}, undefined, { ...env, GARRISON_AGENTS_DIR: join(place, 'agents') });
});

afterAll(async () => {
  await site?.close();
  if (place !== undefined) rmSync(place, { recursive: true, force: true });
});

async function run(...args: string[]) {
  const { api, apiKey } = site.ready; // each key may ask sixty times a minute; the client in Python has another one
  const env = { PATH: process.env.PATH, HOME: place, GARRISON_API: api, GARRISON_KEY: apiKey };
  const identity = {
    GIT_AUTHOR_NAME: 'a',
    GIT_AUTHOR_EMAIL: 'a@e',
    GIT_COMMITTER_NAME: 'a',
    GIT_COMMITTER_EMAIL: 'a@e',
  };
  const options = { env: { ...env, ...identity }, cwd: clone, timeout: 60_000, killSignal: 'SIGKILL' as const };
  return promisify(execFile)(garrison, args, options).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

const json = async (...args: string[]) => JSON.parse((await run(...args, '-o', 'json')).stdout);

/** Waits for the end of one that was left alone. */
async function ended(id: string) {
  let one = await json('dispatch', 'show', id);
  await until(`${id} has ended`, async () => {
    one = await json('dispatch', 'show', id);
    return one.endedAt !== null;
  });
  return one;
}

describe.skipIf(!hasBubblewrap)('a coding agent (needs bubblewrap)', () => {
  test('works on a repository in its sandbox, and what it changed is shown, applied and pushed', async () => {
    const { code, stdout, stderr } = await run(
      'dispatch',
      'run',
      'Change the page, please',
      '--agent',
      'writer',
      '--repo',
      'acme/web',
    );
    expect([code, stderr]).toEqual([0, expect.stringContaining('ended success')]);
    expect(stdout).toContain('agent I wrote it');
    const [{ dispatchId: id, modelId, taskArn }] = await json('dispatch', 'ls');
    expect([modelId, taskArn]).toEqual(['pen-1', expect.stringMatching(/^arn:/)]);
    const { transitions } = await json('dispatch', 'show', id);
    expect(transitions.map(({ status }: { status: string }) => status)).toEqual(
      expect.arrayContaining(['pending', 'provisioning', 'running', 'success']),
    );
    expect((await run('dispatch', 'diff', id)).stdout).toContain('+changed\n');
    expect((await run('dispatch', 'apply', id)).code).toBe(0);
    expect(git(clone, 'status', '--short')).toBe('M  README.md\nA  task.txt\n');
    expect(readFileSync(join(clone, 'task.txt'), 'utf8')).toMatch(/^Change the page, please\n/);
    expect(await run('dispatch', 'push', id, '--branch', 'agent/page')).toMatchObject({ code: 0 });
    git(clone, 'fetch', '--quiet');
    expect(git(clone, 'diff', '--cached', 'origin/agent/page')).toBe('');
  });

  test('that fails says why, and leaves its log', async () => {
    const { code, stderr } = await run('dispatch', 'run', 'Break it, please', '--agent', 'breaker');
    expect([code, stderr]).toEqual([1, expect.stringContaining('agent_failed')]);
    const [{ dispatchId }] = await json('dispatch', 'ls', '--agent', 'breaker');
    expect((await run('dispatch', 'logs', dispatchId)).stdout).toContain('it broke');
    const names = (await json('dispatch', 'artifacts', dispatchId)).map(({ key }: { key: string }) => key);
    expect(names).toEqual(expect.arrayContaining(['execution.log', 'result.json', 'metadata.json']));
  });

  test('that is cancelled at work is ended, and leaves no process', async () => {
    const { dispatchId } = await json('dispatch', 'run', 'Sleep for long, please', '--agent', 'sleeper', '--detach');
    await until('it sleeps', async () => (await run('dispatch', 'logs', dispatchId)).stdout.includes('asleep'));
    expect(isAsleep()).toBe(true);
    expect((await run('dispatch', 'cancel', dispatchId, '--reason', 'enough')).code).toBe(0);
    expect(await json('dispatch', 'show', dispatchId)).toMatchObject({ status: 'cancelled', cancelReason: 'enough' });
    await until('it is gone', () => !isAsleep());
    expect((await run('dispatch', 'cancel', dispatchId)).code).not.toBe(0);
  });

  test('is compared with another one on the same task', async () => {
    const args = [
      'Do it both, please',
      '--agent',
      'writer',
      '--attempt',
      'claude',
      '--repo',
      'acme/web',
      '--judge',
      'ls; echo 3',
    ];
    const { attemptGroup, attempts } = await json('dispatch', 'run', ...args);
    for (const { dispatchId } of attempts) await ended(dispatchId);
    const compared = await json('dispatch', 'compare', attemptGroup);
    expect(compared.map(({ agent, status, files }: Record<string, unknown>) => [agent, status, files])).toEqual([
      ['writer', 'success', 2],
      ['claude', 'success', 1],
    ]);
    for (const { judgement } of compared) expect(judgement).toMatchObject({ exitCode: 0, score: 3 });
  });

  test('keeps its workspace where it is asked to, until that is deleted', async () => {
    const args = ['Keep it, please', '--agent', 'writer', '--repo', 'acme/web', '--persistent'];
    const first = await json('dispatch', 'run', ...args);
    const second = await json('dispatch', 'resume', first.dispatchId, 'Go on with it, please');
    expect(second).toMatchObject({ status: 'success', resumes: first.dispatchId, workspaceId: first.workspaceId });
    expect((await run('dispatch', 'resume', first.dispatchId)).stderr).toContain(second.dispatchId);
    const kept = await json('workspaces', 'ls');
    expect(kept).toHaveLength(1);
    expect(kept[0].sizeBytes).toBeGreaterThan(0);
    expect((await run('workspaces', 'rm', kept[0].workspaceId)).code).toBe(0);
    expect(await json('workspaces', 'ls')).toEqual([]);
  });

  test('is as unknown to another tenant as one that does not exist', async () => {
    const { body: org } = await site.admin<{ id: string }>('POST', '/v1/orgs', { name: 'stranger' });
    const scopes = ['admin', 'dispatch', 'status', 'list', 'cancel', 'delete', 'keys.manage'];
    const key = { kind: 'scoped', name: 'stranger', scopes };
    const { body: made } = await site.admin<{ api_key: string }>('POST', `/v1/orgs/${org.id}/keys`, key);
    const [{ dispatchId: id }] = await json('dispatch', 'ls');
    const ask = async (method: string, path: string) => {
      const headers = { authorization: `Bearer ${made.api_key}` };
      const answer = await fetch(site.ready.api + path, { method, headers });
      return {
        status: answer.status,
        text: (await answer.text())
          .replaceAll(/dsp_\w+/g, '')
          .replaceAll(/"(timestamp|requestId)":"[^"]*"/g, '"$1":""'),
      };
    };
    const unknown = id.replace(/.{3}$/, 'zzz');
    for (const [method, path] of [
      ['GET', '/dispatch/ID'],
      ['GET', '/dispatch/ID/logs'],
      ['DELETE', '/dispatch/ID'],
      ['GET', '/artifacts/ID'],
    ] as const) {
      const theirs = await ask(method, path.replace('ID', id));
      expect([path, theirs.status]).toEqual([path, 404]);
      expect(theirs).toEqual(await ask(method, path.replace('ID', unknown)));
    }
    expect(JSON.parse((await ask('GET', '/dispatch')).text).data.items).toEqual([]);
    expect(JSON.parse((await ask('GET', '/workspaces')).text).data.items ?? []).toEqual([]);
  });

  test.skipIf(!hasPython)('is used by a client in Python that knows nothing but the contract', async () => {
    const env = { PATH: process.env.PATH, OUTPOST_API_URL: site.ready.api, OUTPOST_API_KEY: site.ready.otpKey };
    const script = join(import.meta.dirname, 'blueprint_client.py');
    const { stdout } = await promisify(execFile)(python, [script], { env, timeout: 60_000 });
    expect(JSON.parse(stdout)).toMatchObject({
      statuses: expect.arrayContaining(['success']),
      progress: 100,
      isMonotone: true,
      artifacts: expect.arrayContaining(['result.json', 'execution.log', 'metadata.json', 'changes.patch']),
      result: 'success',
    });
  });
});

function isAsleep(): boolean {
  return execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n').includes('sleep 36036');
}
