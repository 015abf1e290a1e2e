import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { StopReason } from '#daemon/executions/executor.ts';
import { commandLineOf, readProcessTable } from '#daemon/tools/processes/process-table.ts';
import type { AgentLogLine } from '#protocol/tools/agent-result.ts';
import { AgentDesk, type DeskOptions, git, hasBubblewrap } from '#test/support/agent-desk.ts';

const desks: AgentDesk[] = [];
afterEach(() => {
  for (const desk of desks.splice(0)) desk.close();
});

function setup(options: DeskOptions): AgentDesk {
  const desk = new AgentDesk(options);
  desks.push(desk);
  return desk;
}

const EDIT = 'cat > task.txt; echo changed >> README.md; echo "I am done"';

describe.runIf(hasBubblewrap)('an agent', () => {
  test('works on a repository in a workspace of its own, and leaves a patch that applies', async () => {
    const desk = setup({ scripts: { own: EDIT } });
    const source = desk.repository('me/project', { 'README.md': 'hello\n', 'src/a.txt': 'a\n' });
    const ran = await desk.run({
      agent: 'own',
      task: 'Change "it"\n--help $(id)',
      repository: { base_url: desk.baseUrl, name: 'me/project' },
    });
    expect(ran).toMatchObject({ outcome: 'ok', exitCode: 0 });
    expect(ran.result).toMatchObject({
      outcome: 'success',
      error: null,
      model_id: 'own',
      branch: 'main',
      base_commit: git(source, 'rev-parse', 'HEAD').trim(),
      final_text: 'I am done',
      changes: { kind: 'uncommitted', files: 2, left_out: [] },
      sandbox: { kind: 'bubblewrap', network: 'off' },
    });
    expect(ran.log.map(({ message }) => message)).toContain('I am done');
    expect(ran.steps.map(({ step }) => step)).toEqual([
      ...[
        'preparing',
        'fetching',
        'checking_out',
        'context',
        'agent_started',
        'agent_ended',
        'collecting',
        'uploading',
      ],
      'done',
    ]);
    expect(Object.keys(ran.artifacts).sort()).toEqual([
      'changes.patch',
      'context.json',
      'execution.log',
      'metadata.json',
      'result.json',
    ]);
    writeFileSync(join(desk.directory, 'patch'), ran.artifacts['changes.patch'] ?? '');
    git(source, 'apply', '--index', join(desk.directory, 'patch'));
    expect(readFileSync(join(source, 'README.md'), 'utf8')).toBe('hello\nchanged\n');
    expect(readFileSync(join(source, 'task.txt'), 'utf8')).toMatch(/^Change "it"\n--help \$\(id\)\n\n# Context/);
    expect(readdirSync(join(desk.directory, 'agents', 'runs'))).toEqual([]);
    expect(desk.agents.freeSlots).toBe(desk.agents.slots);
  });

  test('that fails leaves what it did all the same', async () => {
    const desk = setup({ scripts: { own: 'echo half > half.txt; echo "it broke" >&2; exit 3' } });
    const ran = await desk.run({ agent: 'own' });
    expect(ran).toMatchObject({ outcome: 'failed', exitCode: 3, errorCode: 'agent_failed' });
    expect(ran.result).toMatchObject({ outcome: 'failed', error: { code: 'agent_failed' }, changes: { files: 1 } });
    expect(ran.artifacts['changes.patch']?.toString()).toContain('+half');
    expect(ran.artifacts['execution.log']?.toString()).toContain('it broke');
  });

  test.each([
    ['timed out', { kind: 'timed_out', afterMs: 1 }, 'timeout', 'timed_out'],
    ['cancelled', { kind: 'cancelled', reason: 'no more' }, 'cancelled', 'cancelled'],
  ] as const)(
    'that is %s is ended with all it started, and leaves what it did',
    async (_how, reason, outcome, ended) => {
      const marker = `marker-${Math.random()}`;
      const script = `trap '' TERM; echo half > half.txt
      setsid sh -c "trap '' TERM; exec -a ${marker} sleep 600" & sh -c 'sleep 600' ${marker} & echo ready; sleep 600`;
      const desk = setup({ scripts: { own: script } });
      const ran = await desk.run(
        { agent: 'own' },
        { onLine: ({ message }, stop) => (message === 'ready' ? stop(reason) : undefined) },
      );
      expect(ran).toMatchObject({ outcome: ended, result: { outcome } });
      expect(ran.artifacts['changes.patch']?.toString()).toContain('+half');
      expect(commandLines().filter((line) => line.includes(marker))).toEqual([]);
    },
  );

  test('that says nothing for too long is ended', async () => {
    const desk = setup({ scripts: { own: 'echo here; sleep 600' } });
    expect(await desk.run({ agent: 'own', idle_secs: 0.3 })).toMatchObject({ errorCode: 'agent_idle' });
  });

  test('has only what it is to have: no file of the daemon, no process of the host, no network, no other place to write', async () => {
    const tries = [
      'cat DESK/state/secret',
      'ls DESK/agents/runs',
      'cat /etc/shadow',
      'cat /root/.bashrc',
      'ls /home/agent/../../root',
      'touch /usr/x',
      'touch /etc/x',
      'cat /proc/1/root/etc/shadow',
      'mount -t tmpfs none /mnt',
      'unshare -U true && echo made a namespace && false',
      'test "$(ls -d /proc/[0-9]* | wc -l)" -gt 20',
      'python3 -c "import socket; socket.create_connection((\'169.254.169.254\', 80), 1)"',
      'python3 -c "import socket; socket.create_connection((\'127.0.0.1\', 22), 1)"',
      'test "$(id -u)" = 0',
    ];
    const desk = setup({
      scripts: {
        own: [...tries.map((one, at) => `( ${one} ) >/dev/null 2>&1 && echo "reached ${at}"`), 'true'].join('\n'),
      },
    });
    const script = readFileSync(join(desk.directory, 'programs', 'own'), 'utf8');
    writeFileSync(join(desk.directory, 'programs', 'own'), script.replaceAll('DESK', desk.directory));
    writeFileSync(join(desk.directory, 'state', 'secret'), 'secret');
    const ran = await desk.run({ agent: 'own' });
    expect(ran.outcome).toBe('ok');
    expect(ran.log.filter(({ source }) => source === 'agent').map(({ message }) => message)).toEqual([]);
  });
});

describe.runIf(hasBubblewrap)('what goes on with the work of another', () => {
  const id = '0b4c3a52-6f0e-4f5e-9a53-3f6a1d8f2c11';
  const KEPT = { mode: 'persistent', id };

  function begin() {
    const desk = setup({
      scripts: { own: 'echo "$GARRISON_DISPATCH_ID" >> work.txt; git rev-list --count HEAD >> seen' },
    });
    const source = desk.repository('me/project', { 'README.md': 'hello\n' });
    const repository = { base_url: desk.baseUrl, name: 'me/project' };
    const go = (dispatch_id: string, workspace: object) =>
      desk.run({ agent: 'own', dispatch_id, repository, workspace: { ...KEPT, ...workspace } });
    return { desk, source, go };
  }

  test('finds its tree as it was left, and leaves the changes of both against the same commit', async () => {
    const { desk, source, go } = begin();
    const first = await go('first', {});
    writeFileSync(join(source, 'README.md'), 'moved on\n');
    git(source, 'commit', '--quiet', '--all', '--message', 'second');
    const second = await go('second', { resumes: 'first' });
    expect(second).toMatchObject({ outcome: 'ok', result: { base_commit: first.result.base_commit, branch: 'main' } });
    const third = await go('third', { resumes: 'second' });
    writeFileSync(join(desk.directory, 'patch'), third.artifacts['changes.patch'] ?? '');
    git(source, 'reset', '--quiet', '--hard', first.result.base_commit ?? '');
    git(source, 'apply', '--index', join(desk.directory, 'patch'));
    expect(readFileSync(join(source, 'work.txt'), 'utf8')).toBe('first\nsecond\nthird\n');
    expect(readFileSync(join(source, 'README.md'), 'utf8')).toBe('hello\n');
  });

  test('is refused when somebody else has worked there since, and what is begun anew is clean', async () => {
    const { go } = begin();
    await go('first', {});
    const fresh = await go('other', {});
    expect(fresh.artifacts['changes.patch']?.toString()).not.toContain('+first');
    expect(await go('second', { resumes: 'first' })).toMatchObject({
      outcome: 'failed',
      errorCode: 'unknown_workspace',
    });
    expect(await go('third', { resumes: 'other' })).toMatchObject({ outcome: 'ok' });
  });
});

describe.runIf(hasBubblewrap)('the judge', () => {
  test('is run on what an agent left, and what it says is told', async () => {
    const desk = setup({ scripts: { own: 'echo x > made.txt' } });
    const ran = await desk.run({
      agent: 'own',
      judge: 'set -e; cat made.txt; id -u | grep -vx 0 >/dev/null; touch "$HOME/a" built; echo 7.5',
    });
    expect(ran).toMatchObject({ outcome: 'ok', result: { outcome: 'success', changes: { files: 1 } } });
    expect(ran.result.judgement).toMatchObject({ exit_code: 0, score: 7.5, output: 'x\n7.5\n' });
    expect(ran.artifacts['changes.patch']?.toString()).not.toContain('built');
  });

  test('may say no, also of one that failed; its word is beside the outcome', async () => {
    const desk = setup({ scripts: { own: 'exit 3' } });
    const ran = await desk.run({ agent: 'own', judge: 'echo "tests fail" >&2; exit 4' });
    expect(ran).toMatchObject({ outcome: 'failed', errorCode: 'agent_failed' });
    expect(ran.result.judgement).toMatchObject({ exit_code: 4, score: null, output: 'tests fail\n' });
  });

  test('has nothing of the agent but its tree: no secret, no home, no process', async () => {
    const desk = setup({ scripts: { own: 'echo evil > "$HOME/.profile"; (sleep 600 &) ; true' } });
    const sealed = desk.seal({ secrets: { TOKEN: 'not-for-a-judge' } }, 'dsp_1');
    const judge = 'env; ls -A "$HOME" /home/agent 2>&1; pgrep -c sleep; echo 0';
    const { judgement } = (await desk.run({ agent: 'own', sealed, judge })).result;
    expect(judgement?.output).not.toMatch(/TOKEN|\.profile/);
  });

  test('is not asked about what was cancelled, and is ended with it', async () => {
    const desk = setup({ scripts: { own: 'echo ready; sleep 600', quick: 'echo quick' } });
    const stopAt = (said: string) => ({
      onLine: ({ message }: AgentLogLine, stop: (reason: StopReason) => void) =>
        message === said ? stop({ kind: 'cancelled', reason: 'no' }) : undefined,
    });
    const cancelled = await desk.run({ agent: 'own', judge: 'echo judged' }, stopAt('ready'));
    expect(cancelled.result.judgement).toBeNull();
    const ended = await desk.run({ agent: 'quick', judge: 'sleep 600' }, stopAt('the judge is asked'));
    expect(ended).toMatchObject({ outcome: 'ok', result: { judgement: { exit_code: null } } });
  });
});

describe.runIf(hasBubblewrap)('what cannot run', () => {
  test.each([
    ['an agent nobody knows', { agent: 'nobody' }, 'agent_unavailable'],
    ['an agent that is not installed', { agent: 'aider' }, 'agent_unavailable'],
    [
      'a repository that is not there',
      { agent: 'own', repository: { base_url: 'BASE', name: 'no/where' } },
      'repository_unavailable',
    ],
    [
      'a branch that is not there',
      { agent: 'own', repository: { base_url: 'BASE', name: 'me/project', branch: 'none' } },
      'repository_unavailable',
    ],
    [
      'files of the host that nobody opened',
      { agent: 'own', repository: { base_url: 'file:///srv', name: 'me/project' } },
      'repository_unavailable',
    ],
    ['what was sealed for somebody else', { agent: 'own', sealed: 'AQ==' }, 'sealed_unreadable'],
  ] as const)('%s is refused with a reason', async (_what, args, errorCode) => {
    const desk = setup({ scripts: { own: 'echo hi' } });
    desk.repository('me/project', { a: 'a' });
    const filled = JSON.parse(JSON.stringify(args).replace('BASE', desk.baseUrl));
    const ran = await desk.run(filled);
    expect(ran).toMatchObject({ outcome: 'failed', errorCode });
    expect(ran.errorMessage?.length).toBeGreaterThan(20);
    expect(desk.agents.freeSlots).toBe(desk.agents.slots);
  });
});

/** Every process of this host has one. */
function commandLines(): string[] {
  return readProcessTable().map(({ pid }) => commandLineOf(pid).join(' '));
}
