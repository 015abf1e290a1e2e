/** Every attack an agent or a repository can make on what keeps them apart. */
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { AgentDesk, type DeskOptions, git, hasBubblewrap } from '#test/support/agent-desk.ts';
import { processesWith } from '#test/support/process-table.ts';

let desk: AgentDesk;
afterEach(() => desk.close());

function setup(script: string, options: DeskOptions = {}): AgentDesk {
  desk = new AgentDesk({ scripts: { own: script }, ...options });
  return desk;
}

const said = (ran: { log: readonly { source: string; message: string }[] }) =>
  ran.log.filter(({ source }) => source === 'agent').map(({ message }) => message);
const ofProject = () => ({ base_url: desk.baseUrl, name: 'me/project' });

describe.runIf(hasBubblewrap)('a repository', () => {
  test('with filters, submodules, links and settings of agents is checked out and compared without running any of it', async () => {
    setup('cat link 2>&1; ls evil* sub 2>&1; echo x >> a.txt');
    const work = desk.repository('me/project', {
      'a.txt': 'a\n',
      '.gitattributes': '* filter=evil diff=evil merge=evil\n*.bin filter=lfs\n',
      '.gitmodules': '[submodule "sub"]\n\tpath = sub\n\turl = file:///etc\n',
      '.lfsconfig': '[lfs]\n\turl = http://169.254.169.254/\n',
      '.claude/settings.json': '{"hooks":{}}',
    });
    writeFileSync(join(desk.directory, 'state', 'secret'), 'of the daemon');
    symlinkSync(join(desk.directory, 'state', 'secret'), join(work, 'link'));
    git(work, 'add', '--all');
    git(work, 'update-index', '--add', '--cacheinfo', `160000,${git(work, 'rev-parse', 'HEAD').trim()},sub`);
    git(work, 'commit', '--quiet', '--message', 'hostile');
    const ran = await desk.run({ agent: 'own', repository: ofProject(), context: 'full' });
    expect(ran).toMatchObject({ outcome: 'ok', result: { changes: { kind: 'uncommitted', files: 1 } } });
    expect(ran.log.filter(({ source }) => source === 'git').map(({ message }) => message)).toEqual([
      expect.stringContaining('me/project, main at'),
      '1 submodules are not fetched: their directories are empty',
      'files of Git LFS are not fetched: the tree has their pointers',
    ]);
    expect(ran.output).not.toContain('of the daemon');
    for (const content of Object.values(ran.artifacts)) expect(content.includes('of the daemon')).toBe(false);
  });

  test('that an agent has turned against us runs nothing when it is compared, and nothing when it is used again', async () => {
    const trap = 'touch /workspace/evil /tmp/evil /home/agent/evil';
    setup(`if [ -e old ]; then ls -a . .git/hooks 2>&1; git config --list --local; else
      echo x > old; rm -rf .git/info; mkdir -p .git/hooks .git/info
      git config core.fsmonitor '${trap}'; git config filter.evil.clean '${trap}; cat'; git config core.hooksPath .git/hooks
      git config core.sshCommand '${trap}'; git config diff.external '${trap}'
      echo '* filter=evil' > .git/info/attributes
      for hook in post-checkout pre-commit post-index-change reference-transaction; do printf '#!/bin/sh\\n${trap}\\n' > .git/hooks/$hook; chmod +x .git/hooks/$hook; done; fi`);
    desk.repository('me/project', { 'a.txt': 'a\n', '.gitignore': 'old\n' });
    const workspace = { mode: 'persistent', id: '550e8400-e29b-41d4-a716-446655440000' } as const;
    const first = await desk.run({ agent: 'own', repository: ofProject(), workspace });
    expect(first).toMatchObject({ outcome: 'ok' });
    const tree = join(desk.directory, 'agents', 'workspaces', workspace.id, 'work');
    expect(existsSync(join(tree, 'evil'))).toBe(false);
    const second = await desk.run({ agent: 'own', repository: ofProject(), workspace });
    expect(second).toMatchObject({ outcome: 'ok', result: { workspace: { mode: 'persistent' } } });
    expect(existsSync(join(tree, 'evil'))).toBe(false);
    expect(said(second).join('\n')).toContain('old');
    expect(said(second).join('\n')).not.toMatch(/fsmonitor|filter|external|post-checkout/);
    expect(await desk.agents.workspaces.remove(workspace.id)).toBeGreaterThan(0);
    expect(desk.agents.workspaces.ids).toEqual([]);
  });

  test('in which an agent leaves other repositories, files nobody may read, pipes and a huge file still gives a patch', async () => {
    setup(`git init -q sub; echo x > sub/x; git init -q made; (cd made && git commit -q --allow-empty -m x)
      echo closed > closed; chmod 0 closed; mkfifo pipe; truncate -s 2147483648 huge; echo fine > fine; seq 10000 | sed 's/^/f/' | xargs touch`);
    desk.repository('me/project', { 'a.txt': 'a\n' });
    const ran = await desk.run({ agent: 'own', repository: ofProject() });
    expect(ran).toMatchObject({ outcome: 'ok', result: { missing_artifacts: [], changes: { left_out: ['huge'] } } });
    expect(ran.artifacts['changes.patch']?.toString()).toContain('+fine');
  });
});

describe.runIf(hasBubblewrap)('an agent', () => {
  test('that takes all memory is ended, and that is the reason', async () => {
    setup('tail /dev/zero');
    const ran = await desk.run({ agent: 'own', limits: { memory_mb: 64 } });
    if (desk.agents.limits.kind !== 'rlimits') expect(ran).toMatchObject({ errorCode: 'limit_exceeded' });
    expect(ran.outcome).toBe('failed');
  });

  test('that makes processes without end gets no further than its limit', async () => {
    setup(`i=0; while [ $i -lt 200 ]; do sleep 86400.39 & i=$((i+1)); done 2>/dev/null; echo "started $i"`);
    const ran = await desk.run({ agent: 'own', limits: { processes: 32 } });
    expect(ran.outcome).toBe('failed');
    expect(processesWith('86400.39')).toEqual([]);
  });

  test('that fills the disk is ended', async () => {
    setup('head -c 200000000 /dev/zero > a; head -c 200000000 /dev/zero > b; sleep 600');
    const ran = await desk.run({ agent: 'own', limits: { disk_mb: 100 } });
    expect(ran).toMatchObject({ errorCode: 'limit_exceeded' });
  });

  test('that writes files larger than it may cannot', async () => {
    setup('head -c 5000000 /dev/zero > a; echo "ended with $?"; wc -c < a');
    const ran = await desk.run({ agent: 'own', limits: { file_mb: 1 } });
    expect(said(ran).filter((line) => /^\d+$/.test(line))).toEqual(['1048576']);
  });

  test('that writes without end, in lines of megabytes and in bytes that are no text, is kept within bounds', async () => {
    setup(`head -c 3000000 /dev/zero | tr '\\0' x; echo; printf '\\033[2J\\377\\000\\007red\\n'; yes | head -c 100000`);
    const ran = await desk.run({ agent: 'own' });
    expect(ran.outcome).toBe('ok');
    expect(said(ran).filter((line) => line.length > 32 * 1024)).toEqual([]);
    expect(said(ran)).toContain('\ufffdred');
    expect(said(ran).filter((line) => line === 'y')).toHaveLength(50_000);
  });

  test('is given any task as it is', async () => {
    setup('cat > task.bin');
    const task = '--help "quoted" $(touch evil) `id`\n\u0000\u0001 {model} {key}\n';
    const ran = await desk.run({ agent: 'own', task });
    expect(ran.artifacts['changes.patch']?.toString('latin1')).not.toContain('evil\n+++');
    expect(ran).toMatchObject({ outcome: 'ok', result: { changes: { files: 1 } } });
  });

  test('has its secrets in its environment, and none that changes what runs', async () => {
    setup('echo "$TOKEN" | rev; printf %s "$TOKEN" > kept.txt; printf tok; sleep 0.2; printf "en-of-the-tenant\\n"');
    const sealed = (secrets: Record<string, string>) => desk.seal({ secrets }, 'dsp_1');
    const ran = await desk.run({ agent: 'own', sealed: sealed({ TOKEN: 'token-of-the-tenant' }) });
    expect(said(ran)).toEqual(['tnanet-eht-fo-nekot', '[redacted]']);
    for (const content of Object.values(ran.artifacts)) expect(content.includes('token-of-the-tenant')).toBe(false);
    for (const name of ['PATH', 'LD_PRELOAD', 'HTTPS_PROXY', 'GIT_SSH_COMMAND'])
      expect(await desk.run({ agent: 'own', sealed: sealed({ [name]: 'x' }) })).toMatchObject({
        errorCode: 'invalid_arguments',
      });
  });
});

describe.runIf(hasBubblewrap)('a host', () => {
  test('takes as many agents as it has slots, each with a user and a home of its own', async () => {
    setup(
      'id -u; echo mine > /home/agent/file; ls /home/agent; until [ -e go ]; do sleep 0.05; [ $((i=i+1)) -gt 20 ] && break; done',
      {
        host: { slots: 2 },
      },
    );
    const runs = await Promise.all([1, 2, 3].map(() => desk.run({ agent: 'own' })));
    const ended = runs.map((ran) => ran.errorCode ?? 'ok').toSorted();
    expect(ended).toEqual(['no_agent_slot', 'ok', 'ok']);
    const users = runs.filter(({ outcome }) => outcome === 'ok').map((ran) => said(ran)[0]);
    if (process.getuid?.() === 0) expect(new Set(users).size).toBe(2);
  });

  test('lets one agent at a time into a workspace', async () => {
    setup('sleep 0.5');
    const workspace = { mode: 'persistent', id: '550e8400-e29b-41d4-a716-446655440001' } as const;
    const runs = await Promise.all([1, 2].map(() => desk.run({ agent: 'own', workspace })));
    expect(runs.map((ran) => ran.errorCode ?? 'ok').toSorted()).toEqual(['ok', 'workspace_busy']);
  });

  test('removes what a life before it left behind', async () => {
    setup('true');
    mkdirSync(join(desk.directory, 'agents', 'runs', 'left', 'work'), { recursive: true });
    await desk.agents.start();
    expect(existsSync(join(desk.directory, 'agents', 'runs', 'left'))).toBe(false);
  });

  test.each([
    ['deny', { deny: ['own'] }, {}],
    ['allow', { allow: ['claude'] }, {}],
    ['networks', { networks: ['off'] }, { network: { mode: 'open' } }],
    ['hosts', { hosts: ['github.com'] }, { network: { mode: 'allow-list', hosts: ['example.com'] } }],
    ['definitions', {}, { agent: 'theirs', definition: { command: ['sh'] } }],
  ] as const)('has the last word: %s', async (_key, agents, args) => {
    setup('true', { policy: { agents } });
    const ran = await desk.run({ agent: 'own', ...args });
    expect(ran).toMatchObject({ outcome: 'failed', errorCode: 'policy_refused' });
  });
});
