import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MAX_READ_BYTES } from '#protocol/tools/files.ts';
import { noFiles } from '#test/support/no-files.ts';
import type { ToolEnding, ToolIo } from '../executions/executor.ts';
import { readFacts } from '../facts/read-facts.ts';
import { placesOf } from '../policy/places.ts';
import { openPolicy, type Policy } from '../policy/policy.ts';
import { DetachedExecutions } from './detached/detached-executions.ts';
import { withConfinedPath } from './files/confined-path.ts';
import { hangGuard } from './hangs/hang-guard.ts';
import { hostExecutor } from './host-executor.ts';
import { OutputPipes } from './processes/output-pipes.ts';
import type { ToolHost } from './tool-context.ts';

const isRoot = process.getuid?.() === 0;

let home: string;
let root: string;
let pipes: OutputPipes;
const guard = hangGuard([]);
afterAll(() => guard.workers.close());

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'garrison-tools-')));
  root = join(home, 'root');
  mkdirSync(root);
  mkdirSync(join(home, 'state'));
  chmodSync(home, 0o755);
  pipes = new OutputPipes(join(home, 'pipes'));
});
afterEach(() => {
  pipes.close();
  rmSync(home, { recursive: true, force: true });
});

function hostWith(policy: Partial<Policy> = {}, fields: Partial<ToolHost> = {}): ToolHost {
  const full = { ...openPolicy, ...policy };
  return {
    policy: full,
    pipes,
    ...guard,
    detached: new DetachedExecutions(join(home, 'detached')),
    runtimeDir: home,
    closedPaths: [join(home, 'state')],
    environment: { PATH: process.env.PATH, LANG: 'C.UTF-8', GARRISON_SECRET: 'secret', ENROLLMENT_KEY: 'secret' },
    facts: () => readFacts({ labels: { region: 'eu' }, programs: [], policy: full, path: '/usr/bin:/bin' }),
    agents: undefined,
    serviceManager: () => undefined,
    updates: undefined,
    ...fields,
  };
}

async function run(
  tool: string,
  args: unknown,
  host: ToolHost = hostWith(),
): Promise<ToolEnding & { out: string; err: string }> {
  const parts: Record<1 | 2, Buffer[]> = { 1: [], 2: [] };
  const io: ToolIo = {
    files: noFiles,
    signal: new AbortController().signal,
    started: () => {},
    write: (stream, data) => parts[stream].push(data) > 0,
    ready: () => Promise.resolve(),
  };
  const call = { executionId: 'the-id', runId: 'r', tool, args, isTakenUp: false };
  const ending = await hostExecutor(host).execute(call, io);
  if (ending === 'goes_on') throw new Error('nobody stops a daemon here');
  return { ...ending, out: Buffer.concat(parts[1]).toString(), err: Buffer.concat(parts[2]).toString() };
}

/** The structured result; fails the test when there is none. */
async function resultOf(tool: string, args: unknown, host?: ToolHost): Promise<Record<string, unknown>> {
  const ending = await run(tool, args, host);
  expect(ending).toMatchObject({ outcome: 'ok' });
  return ending.result as Record<string, unknown>; // every result is an object
}

describe('any tool', () => {
  test('that is not known is refused', async () => {
    expect(await run('rm.everything', {})).toMatchObject({ outcome: 'failed', errorCode: 'unknown_tool' });
    expect(await run('toString', {})).toMatchObject({ errorCode: 'unknown_tool' });
  });

  test('with arguments it does not declare is refused, saying which', async () => {
    expect(await run('cmd.run', { cmd: 'ls' })).toMatchObject({
      errorCode: 'invalid_arguments',
      errorMessage:
        'cmd.run: needs either "command" (with "args" where there are any) or "argv", and not both; cmd is not an argument of this tool',
    });
  });

  test('that the policy does not allow is refused', async () => {
    const host = hostWith({ allow: ['cmd.run', 'fs.*'], deny: ['fs.write'], allowedRoots: ['/'] });
    for (const tool of ['script.run', 'host.facts', 'fs.write', 'service.stop']) {
      expect(await run(tool, {}, host)).toMatchObject({ outcome: 'failed', errorCode: 'policy_refused' });
    }
    expect(await run('fs.stat', { path: '/' }, host)).toMatchObject({ outcome: 'ok' });
  });
});

describe('cmd.run', () => {
  test('runs what contract clients send', async () => {
    const args = { command: 'sh', args: ['-c', 'echo out; echo err 1>&2; exit 3'] };
    expect(await run('cmd.run', args)).toMatchObject({
      exitCode: 3,
      errorCode: 'nonzero_exit',
      out: 'out\n',
      err: 'err\n',
    });
    expect(await run('cmd.run', { argv: ['echo', 'a b', '$HOME'] })).toMatchObject({
      outcome: 'ok',
      out: 'a b $HOME\n',
    });
  });

  test('starts in / with an environment that holds nothing of ours but the id of the execution', async () => {
    const { out } = await run('cmd.run', { command: 'env', env: { EXTRA: '1' } });
    const variables = Object.fromEntries(
      out
        .trim()
        .split('\n')
        .map((line) => line.split(/=(.*)/s)),
    );
    expect(variables).toMatchObject({ EXTRA: '1', LANG: 'C.UTF-8', GARRISON_EXECUTION_ID: 'the-id' });
    expect(Object.keys(variables).sort()).toEqual(
      ['EXTRA', 'GARRISON_EXECUTION_ID', 'HOME', 'LANG', 'LOGNAME', 'PATH', 'SHELL', 'USER'].sort(),
    );
    expect(await run('cmd.run', { command: 'pwd' })).toMatchObject({ out: '/\n' });
  });

  test('finds the executable on the PATH the order sets', async () => {
    writeFileSync(join(root, 'mine'), '#!/bin/sh\necho mine\n', { mode: 0o755 });
    const args = { command: 'mine', env: { PATH: `${root}:/usr/bin:/bin` } };
    expect(await run('cmd.run', args)).toMatchObject({ outcome: 'ok', out: 'mine\n' });
  });

  test('of a user there is not ends as such', async () => {
    expect(await run('cmd.run', { command: 'id', user: 'no-such-user' })).toMatchObject({ errorCode: 'unknown_user' });
  });

  test.runIf(isRoot)('runs as the user it names, who may use its streams and has a home', async () => {
    const script =
      'id -un; id -gn; echo $USER $HOME; echo again >/dev/stdout; cat /dev/stdin; cat /proc/self/environ >/dev/null';
    const { out } = await run('cmd.run', { command: 'sh', args: ['-c', script], user: 'nobody', stdin: 'in' });
    const group = execFileSync('id', ['-gn', 'nobody'], { encoding: 'utf8' });
    expect(out).toMatch(new RegExp(`^nobody\n${group}nobody /\\S+\nagain\nin$`));
    expect(await run('cmd.run', { command: 'id', args: ['-u'] })).toMatchObject({ out: '0\n' });
  });

  test.runIf(isRoot)('that its user may not execute cannot be started', async () => {
    writeFileSync(join(root, 'closed'), '#!/bin/sh\n', { mode: 0o700 });
    const args = { command: join(root, 'closed'), user: 'nobody' };
    expect(await run('cmd.run', args)).toMatchObject({ errorCode: 'spawn_failed' });
  });

  describe('under a policy that limits commands', () => {
    const host = () => hostWith({ allowedCommands: ['echo', '/usr/bin/env'], allowedVariables: ['LANG'] });

    test('starts those that are named, by whatever path they are the same file', async () => {
      expect(await run('cmd.run', { command: 'echo', args: ['yes'] }, host())).toMatchObject({ out: 'yes\n' });
      expect(await run('cmd.run', { command: realpathSync('/bin/echo') }, host())).toMatchObject({ outcome: 'ok' });
      expect(await run('cmd.run', { command: 'env', env: { LANG: 'C' } }, host())).toMatchObject({ outcome: 'ok' });
    });

    test.each([
      ['another command', { command: 'id' }],
      ['a command of the same name elsewhere', { command: './echo' }],
      ['a command that does not exist', { command: 'no-such-program' }],
      ['a variable that was not named', { command: 'echo', env: { LD_PRELOAD: '/tmp/x.so' } }],
      ['a PATH of the order', { command: 'echo', env: { PATH: '/tmp' } }],
    ])('refuses %s', async (_what, args) => {
      expect(await run('cmd.run', args, host())).toMatchObject({ outcome: 'failed', errorCode: 'policy_refused' });
    });

    test('refuses scripts', async () => {
      expect(await run('script.run', { script: 'echo' }, host())).toMatchObject({ errorCode: 'policy_refused' });
    });
  });

  test.runIf(isRoot)('runs as whom the policy says, and refuses every other user', async () => {
    const host = hostWith({ runAs: 'nobody' });
    expect(await run('cmd.run', { command: 'id', args: ['-un'] }, host)).toMatchObject({ out: 'nobody\n' });
    expect(await run('script.run', { script: 'id -un' }, host)).toMatchObject({ out: 'nobody\n' });
    expect(await run('cmd.run', { command: 'id', user: 'root' }, host)).toMatchObject({ errorCode: 'policy_refused' });
    const others = hostWith({ allowedUsers: ['nobody'] });
    expect(await run('script.run', { script: 'id', user: 'daemon' }, others)).toMatchObject({
      errorCode: 'policy_refused',
    });
  });
});

describe('script.run', () => {
  test('runs lines in a login shell, each once, and ends with the last', async () => {
    const script = 'shopt -q login_shell && echo login\nx="a  b"\necho "$x"\nfalse\necho end; exit 4\n';
    expect(await run('script.run', { script })).toMatchObject({ exitCode: 4, out: 'login\na  b\nend\n' });
  });

  test('starts at home', async () => {
    const { out } = await run('script.run', { script: 'pwd; echo $HOME' });
    const [directory, homeDirectory] = out.trim().split('\n');
    expect(directory).toBe(realpathSync(homeDirectory ?? ''));
  });

  test.each([
    ['a short script', ''],
    ['a long script', '# padding\n'.repeat(20_000)],
  ])('gives %s its arguments and standard input', async (_, padding) => {
    const script = `${padding}printf '<%s>' "$@"; cat`;
    const args = { script, args: ['-a', 'b c', '*'], stdin: 'input' };
    expect(await run('script.run', args)).toMatchObject({ outcome: 'ok', out: '<-a><b c><*>input' });
  });

  test('takes scripts longer than an argument may be', async () => {
    const script = `${'# padding\n'.repeat(20_000)}echo long enough\ncat /dev/stdin\n`;
    expect(await run('script.run', { script })).toMatchObject({ outcome: 'ok', out: 'long enough\n' });
  });
});

describe('host.facts', () => {
  test('says what the host says of itself', async () => {
    const facts = await resultOf('host.facts', {});
    expect(facts).toMatchObject({ os: process.platform, labels: { region: 'eu' }, daemon_version: expect.any(String) });
    expect(facts.local_tools).toEqual(expect.arrayContaining(['sh', 'tar']));
    expect(facts.mounts).toContain('/');
  });
});

describe('service.*', () => {
  /** Keeps the state of one service in a file, as systemd would. */
  const SYSTEMCTL = `#!/bin/sh
verb=$1; for name; do :; done
state=$(cat "$0.state" 2>/dev/null || echo inactive)
case $verb in
  show) load=loaded; [ "$name" = ghost ] && load=not-found
    printf 'Id=%s.service\\nDescription=A = b\\nLoadState=%s\\nActiveState=%s\\nMainPID=42\\nNRestarts=1\\n' "$name" $load $state ;;
  start|restart) echo active >"$0.state" ;;
  stop) echo inactive >"$0.state" ;;
  reload) echo 'Job cannot be reloaded' >&2; exit 1 ;;
esac`;

  const host = () => {
    const systemctl = join(home, 'systemctl');
    writeFileSync(systemctl, SYSTEMCTL, { mode: 0o755 });
    return hostWith({}, { serviceManager: () => systemctl });
  };

  test('ends with a code of its own where there is no systemd', async () => {
    for (const verb of ['status', 'start', 'stop', 'restart', 'reload']) {
      const ending = await run(`service.${verb}`, { name: 'nginx' });
      expect(ending).toMatchObject({ outcome: 'failed', errorCode: 'no_service_manager' });
    }
  });

  test('does what it is named after and says how the service is then', async () => {
    const there = host();
    expect(await resultOf('service.status', { name: 'nginx' }, there)).toMatchObject({
      name: 'nginx.service',
      description: 'A = b',
      active_state: 'inactive',
      main_pid: 42,
      restarts: 1,
    });
    expect(await resultOf('service.start', { name: 'nginx' }, there)).toMatchObject({ active_state: 'active' });
    expect(await resultOf('service.status', { name: 'nginx' }, there)).toMatchObject({ active_state: 'active' });
    expect(await resultOf('service.stop', { name: 'nginx' }, there)).toMatchObject({ active_state: 'inactive' });
  });

  test('of a service that is not there is an error of its own', async () => {
    expect(await run('service.restart', { name: 'ghost' }, host())).toMatchObject({ errorCode: 'unknown_service' });
  });

  test('that systemd cannot do has failed, with what systemd said', async () => {
    expect(await run('service.reload', { name: 'nginx' }, host())).toMatchObject({
      outcome: 'failed',
      errorCode: 'service_failed',
      err: 'Job cannot be reloaded\n',
      result: { load_state: 'loaded' },
    });
  });
});

describe('fs.read', () => {
  test('gives text as text and everything else as base64', async () => {
    writeFileSync(join(root, 'text'), 'grüße\n');
    expect(await resultOf('fs.read', { path: join(root, 'text') })).toMatchObject({
      path: join(root, 'text'),
      encoding: 'utf8',
      content: 'grüße\n',
      length: 8,
      size: 8,
      kind: 'file',
    });
    const bytes = Buffer.from([0, 1, 2, 255]);
    writeFileSync(join(root, 'bytes'), bytes);
    expect(await resultOf('fs.read', { path: join(root, 'bytes') })).toMatchObject({
      encoding: 'base64',
      content: bytes.toString('base64'),
    });
  });

  test('reads a part, and beyond the end nothing', async () => {
    writeFileSync(join(root, 'text'), '0123456789');
    const path = join(root, 'text');
    expect(await resultOf('fs.read', { path, offset: 3, length: 4 })).toMatchObject({ content: '3456' });
    expect(await resultOf('fs.read', { path, offset: 99 })).toMatchObject({ content: '', length: 0 });
  });

  test('refuses what is too large to send back, unless a part is asked for', async () => {
    const path = join(root, 'large');
    writeFileSync(path, Buffer.alloc(MAX_READ_BYTES + 1, 0xff));
    expect(await run('fs.read', { path })).toMatchObject({ errorCode: 'file_too_large' });
    const part = await resultOf('fs.read', { path, length: MAX_READ_BYTES });
    expect(part.length).toBe(MAX_READ_BYTES);
    expect(JSON.stringify(part).length).toBeLessThan(900_000);
  });

  test('reads no directories, pipes and devices, and does not hang on them', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')]);
    for (const path of [root, join(root, 'pipe')]) {
      expect(await run('fs.read', { path })).toMatchObject({ errorCode: 'wrong_file_type' });
    }
    expect(await run('fs.read', { path: join(root, 'nothing') })).toMatchObject({ errorCode: 'path_not_found' });
    expect(await run('fs.read', { path: '/etc/passwd/x' })).toMatchObject({ errorCode: 'path_not_found' });
  });
});

describe('fs.list and fs.stat', () => {
  test('list names in byte order, page by page, with what they are', async () => {
    for (const name of ['b', 'a', 'Z', 'ä']) writeFileSync(join(root, name), name);
    mkdirSync(join(root, 'dir'));
    symlinkSync('/etc/passwd', join(root, 'link'));
    const first = await resultOf('fs.list', { path: root, limit: 4 });
    expect((first.entries as { name: string; kind: string }[]).map(({ name, kind }) => [name, kind])).toEqual([
      ['Z', 'file'],
      ['a', 'file'],
      ['b', 'file'],
      ['dir', 'directory'],
    ]);
    const rest = await resultOf('fs.list', { path: root, after: first.next_after });
    expect(rest).toMatchObject({ entries: [{ name: 'link', kind: 'link' }, { name: 'ä' }], next_after: null });
    expect(await run('fs.list', { path: join(root, 'a') })).toMatchObject({ errorCode: 'wrong_file_type' });
    expect(await resultOf('fs.list', { path: '/' })).toMatchObject({ path: '/' });
  });

  test('tell a link as a link, with where it leads', async () => {
    symlinkSync('nowhere', join(root, 'link'));
    expect(await resultOf('fs.stat', { path: join(root, 'link') })).toMatchObject({
      kind: 'link',
      link_target: 'nowhere',
    });
    writeFileSync(join(root, 'file'), 'x');
    chmodSync(join(root, 'file'), 0o4751);
    expect(await resultOf('fs.stat', { path: join(root, 'file') })).toMatchObject({
      kind: 'file',
      size: 1,
      mode: '4751',
    });
    expect(await resultOf('fs.stat', { path: '/' })).toMatchObject({ kind: 'directory', path: '/' });
  });
});

describe('fs.write', () => {
  test('makes a file, or replaces one and keeps who may use it', async () => {
    const path = join(root, 'file');
    expect(await resultOf('fs.write', { path, content: 'one' })).toEqual({ path, size: 3, is_new: true });
    expect(statSync(path).mode & 0o777).toBe(0o644);
    chmodSync(path, 0o640);
    if (isRoot) chownSync(path, 65534, 65534);
    const owner = statSync(path).uid;
    expect(await resultOf('fs.write', { path, content: 'dHdv', encoding: 'base64' })).toEqual({
      path,
      size: 3,
      is_new: false,
    });
    expect(readFileSync(path, 'utf8')).toBe('two');
    expect(statSync(path)).toMatchObject({ uid: owner });
    expect(statSync(path).mode & 0o777).toBe(0o640);
    await resultOf('fs.write', { path, content: '', mode: '0600' });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(root)).toEqual(['file']);
  });

  test('does not replace where it was told not to, nor what is no file', async () => {
    const path = join(root, 'file');
    expect(await resultOf('fs.write', { path, content: 'a', create_only: true })).toMatchObject({ is_new: true });
    expect(await run('fs.write', { path, content: 'b', create_only: true })).toMatchObject({
      errorCode: 'file_exists',
    });
    expect(readFileSync(path, 'utf8')).toBe('a');
    expect(await run('fs.write', { path: root, content: '' })).toMatchObject({ errorCode: 'wrong_file_type' });
    const nowhere = join(root, 'no', 'such', 'file');
    expect(await run('fs.write', { path: nowhere, content: '' })).toMatchObject({ errorCode: 'path_not_found' });
    const notBase64 = { path, content: 'no base64!', encoding: 'base64' };
    expect(await run('fs.write', notBase64)).toMatchObject({ errorCode: 'invalid_arguments' });
    expect(await run('fs.write', { path, content: 'ü'.repeat(600_000) })).toMatchObject({
      errorCode: 'file_too_large',
    });
    expect(readdirSync(root)).toEqual(['file']);
  });
});

describe('files under a policy with roots', () => {
  const host = () => hostWith({ allowedRoots: [root] });

  beforeEach(() => {
    writeFileSync(join(home, 'outside'), 'secret');
    writeFileSync(join(root, 'inside'), 'fine');
  });

  test.each([
    ['a path outside', () => join(home, 'outside')],
    ['a path that climbs out', () => `${root}/../outside`],
    ['a name that begins like the root', () => `${root}-other`],
    ['a link that leads out', () => join(root, 'link')],
    ['a file behind a directory link that leads out', () => join(root, 'dirlink', 'outside')],
    ['a link that leads nowhere', () => join(root, 'dangling')],
  ])('refuse %s', async (_what, path) => {
    symlinkSync(join(home, 'outside'), join(root, 'link'));
    symlinkSync(home, join(root, 'dirlink'));
    symlinkSync(join(home, 'new'), join(root, 'dangling'));
    for (const [tool, args] of [
      ['fs.read', {}],
      ['fs.list', {}],
      ['fs.write', { content: 'x' }],
    ] as const) {
      const ending = await run(tool, { path: path(), ...args }, host());
      expect(['path_refused', 'path_not_found']).toContain(ending.errorCode);
    }
    expect(readFileSync(join(home, 'outside'), 'utf8')).toBe('secret');
    expect(existsSync(join(home, 'new'))).toBe(false);
  });

  test('allow what is inside, by links that stay inside too', async () => {
    symlinkSync(join(root, 'inside'), join(root, 'link'));
    expect(await resultOf('fs.read', { path: join(root, 'link') }, host())).toMatchObject({ content: 'fine' });
    await resultOf('fs.write', { path: join(root, 'link'), content: 'new' }, host());
    expect(readFileSync(join(root, 'inside'), 'utf8')).toBe('new');
  });

  test('refuse a directory that became a link after it was looked at', async () => {
    mkdirSync(join(root, 'dir'));
    const path = join(root, 'dir', 'outside');
    const swap = () => {
      renameSync(join(root, 'dir'), join(root, 'was-dir'));
      symlinkSync(home, join(root, 'dir'));
    };
    const place = withConfinedPath(
      placesOf({ allowedRoots: [root] }, { own: [], path: '' }),
      path,
      true,
      ({ entry, directory }) => {
        swap();
        writeFileSync(entry, 'written after the swap');
        return realpathSync(directory);
      },
    );
    expect(place).toBe(join(root, 'was-dir'));
    expect(readFileSync(join(home, 'outside'), 'utf8')).toBe('secret');
    expect(readFileSync(join(root, 'was-dir', 'outside'), 'utf8')).toBe('written after the swap');
  });
});

describe('files of the daemon', () => {
  test('are nobody else’s, policy or not', async () => {
    const state = join(home, 'state');
    writeFileSync(join(state, 'identity.json'), 'key');
    symlinkSync(state, join(root, 'link'));
    for (const path of [
      join(state, 'identity.json'),
      join(root, 'link', 'identity.json'),
      `/proc/${process.pid}/environ`,
    ]) {
      expect(await run('fs.read', { path })).toMatchObject({ errorCode: 'path_refused' });
    }
    expect(await run('fs.list', { path: state })).toMatchObject({ errorCode: 'path_refused' });
    expect(await run('fs.write', { path: join(state, 'new'), content: '' })).toMatchObject({
      errorCode: 'path_refused',
    });
  });

  test('are not reached by a daemon that runs commands as somebody else, unless roots are named', async () => {
    expect(await run('fs.read', { path: '/etc/hosts' }, hostWith({ runAs: 'nobody' }))).toMatchObject({
      errorCode: 'path_refused',
    });
  });
});

/** The holes that a policy had, each as it was shown. */
describe.runIf(isRoot)('a policy is the last word', () => {
  const SETUID = 0o7000;

  test('for programs: none is replaced that it allows, nor put in front of one', async () => {
    const bin = join(root, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'tool'), '#!/bin/sh\necho fine\n', { mode: 0o755 });
    const environment = { PATH: `${join(root, 'early')}:${bin}:/usr/bin:/bin` };
    mkdirSync(join(root, 'early'));
    for (const policy of [{ allowedCommands: ['tool'] }, { allowedCommands: ['tool'], allowedRoots: [root] }]) {
      const host = hostWith(policy, { environment });
      for (const path of [join(bin, 'tool'), join(root, 'early', 'tool'), join(bin, 'new')]) {
        const order = { path, content: '#!/bin/sh\nid\n', mode: '0755' };
        expect(await run('fs.write', order, host)).toMatchObject({ errorCode: 'path_refused' });
      }
      expect(await run('cmd.run', { command: 'tool' }, host)).toMatchObject({ out: 'fine\n' });
    }
  });

  test('for programs: what was decided about is what is started', async () => {
    mkdirSync(join(root, 'early'));
    mkdirSync(join(root, 'bin'));
    writeFileSync(join(root, 'bin', 'tool'), '#!/bin/sh\necho fine\n', { mode: 0o755 });
    const policy = { allowedCommands: [join(root, 'bin', 'tool')], allowedVariables: ['PATH'] };
    writeFileSync(join(root, 'early', 'tool'), '#!/bin/sh\necho another\n', { mode: 0o755 });
    const host = hostWith(policy, { environment: { PATH: `${root}/bin:/bin` } });
    const order = { command: 'tool', env: { PATH: `${root}/early:/bin` } };
    expect(await run('cmd.run', order, host)).toMatchObject({ out: 'fine\n' });
  });

  test.each<[string, Policy]>([
    ['an open one', {}],
    ['run_as', { runAs: 'nobody', allowedRoots: [tmpdir()] }],
  ])('for modes: no file gets setuid, setgid or sticky under %s', async (_what, policy) => {
    chmodSync(root, 0o777);
    const host = hostWith(policy);
    for (const mode of ['4755', '2755', '1755', '7777']) {
      const ending = await run('fs.write', { path: join(root, 'file'), content: '', mode }, host);
      expect(['policy_refused', 'invalid_arguments']).toContain(ending.errorCode);
    }
    writeFileSync(join(root, 'file'), '');
    chmodSync(join(root, 'file'), 0o6755);
    expect(await run('fs.write', { path: join(root, 'file'), content: 'x' }, host)).toMatchObject({ outcome: 'ok' });
    expect(statSync(join(root, 'file')).mode & SETUID).toBe(0);
  });

  test('for memory: no way to a process of the daemon leads through /proc, whatever it is called', async () => {
    const [thread] = readdirSync('/proc/self/task').filter((id) => id !== String(process.pid));
    symlinkSync('/proc', join(root, 'link'));
    for (const host of [
      hostWith(),
      hostWith({ allowedRoots: ['/'] }),
      hostWith({ allow: ['fs.*'], allowedRoots: ['/proc'] }),
    ]) {
      for (const path of [
        `/proc/${thread}/mem`,
        '/proc/self/environ',
        '/proc/thread-self/maps',
        `/proc/${process.pid}/task/${thread}/mem`,
        `/proc/1/root/proc/${thread}/environ`,
        join(root, 'link', 'self', 'environ'),
        '/dev/mem',
        '/sys/kernel/vmcoreinfo',
      ]) {
        const ending = await run('fs.read', { path }, host);
        expect(['path_refused', 'path_not_found'], path).toContain(ending.errorCode);
      }
    }
  });

  test('for users: an order that names nobody never runs as root where users are named', async () => {
    const host = hostWith({ allowedUsers: ['nobody'], allowedRoots: [root] });
    for (const [tool, args] of [
      ['cmd.run', { command: 'id' }],
      ['script.run', { script: 'id' }],
      ['fs.write', { path: join(root, 'x'), content: '' }],
      ['service.status', { name: 'nginx' }],
    ] as const) {
      expect(await run(tool, args, host), tool).toMatchObject({ errorCode: 'policy_refused' });
    }
    const named = { command: 'id', args: ['-un'], user: 'nobody' };
    expect(await run('cmd.run', named, host)).toMatchObject({ out: 'nobody\n' });
    expect(readdirSync(root)).toEqual([]);
  });

  test('for itself: the file is closed wherever it is, by every name it has', async () => {
    const policyFile = join(root, 'policy.yaml');
    writeFileSync(policyFile, 'deny: [script.run]\n');
    symlinkSync(policyFile, join(root, 'link.yaml'));
    linkSync(policyFile, join(root, 'hard.yaml'));
    const host = hostWith({ deny: ['script.run'], allowedRoots: [root] }, { closedPaths: [join(root, 'link.yaml')] });
    for (const name of ['policy.yaml', 'link.yaml', 'hard.yaml']) {
      for (const [tool, args] of [
        ['fs.read', {}],
        ['fs.stat', {}],
        ['fs.write', { content: '{}' }],
      ] as const) {
        const ending = await run(tool, { path: join(root, name), ...args }, host);
        expect(ending, `${tool} ${name}`).toMatchObject({ errorCode: 'path_refused' });
      }
    }
    expect(readFileSync(policyFile, 'utf8')).toBe('deny: [script.run]\n');
  });

  test('for what is closed: another mount of it is closed too', async () => {
    const other = join(root, 'other');
    mkdirSync(other);
    writeFileSync(join(home, 'state', 'key'), 'secret');
    const script = `mount --bind '${join(home, 'state')}' '${other}' && exec "$0" "$@"`;
    const look = `
      import { actOnFile } from '${new URL('./files/act-on-file.ts', import.meta.url)}';
      import { placesOf } from '${new URL('../policy/places.ts', import.meta.url)}';
      const places = placesOf({}, { own: ['${join(home, 'state')}'], path: '' });
      const outcomes = await Promise.all(['fs.read', 'fs.list'].map((tool) => actOnFile({ tool, places, args: { path: tool === 'fs.list' ? '${other}' : '${join(other, 'key')}' } })));
      console.log(JSON.stringify(outcomes.map(({ errorCode }) => errorCode)));`;
    const args = ['--mount', 'sh', '-c', script, process.execPath, '--input-type=module', '-e', look];
    expect(execFileSync('unshare', args, { encoding: 'utf8' })).toBe('["path_refused","path_refused"]\n');
  });
});

describe.runIf(isRoot)('files of another user', () => {
  const nobody = () => ({ uid: 65534, gid: statSync(root).gid });
  const asNobody = () => hostWith({ runAs: 'nobody', allowedRoots: [root] });

  test('are written as that user, and where it may write', async () => {
    mkdirSync(join(root, 'theirs'));
    chownSync(join(root, 'theirs'), 65534, 65534);
    const path = join(root, 'theirs', 'file');
    expect(await resultOf('fs.write', { path, content: 'one' }, asNobody())).toMatchObject({ is_new: true });
    expect(statSync(path)).toMatchObject({ uid: nobody().uid });
    expect(statSync(path).mode & 0o777).toBe(0o644);
    expect(await resultOf('fs.read', { path }, asNobody())).toMatchObject({ content: 'one' });
    expect(await resultOf('fs.list', { path: join(root, 'theirs') }, asNobody())).toMatchObject({
      entries: [{ name: 'file', uid: 65534 }],
    });
  });

  test('are refused by the kernel where the user may not', async () => {
    writeFileSync(join(root, 'closed'), 'secret', { mode: 0o600 });
    mkdirSync(join(root, 'inner'), { mode: 0o700 });
    writeFileSync(join(root, 'inner', 'file'), 'secret');
    for (const [tool, args] of [
      ['fs.read', { path: join(root, 'closed') }],
      ['fs.write', { path: join(root, 'new'), content: '' }],
      ['fs.write', { path: join(root, 'closed'), content: '' }],
      ['fs.list', { path: join(root, 'inner') }],
      ['fs.read', { path: join(root, 'inner', 'file') }],
      ['fs.stat', { path: join(root, 'inner', 'file') }],
    ] as const) {
      expect(await run(tool, args, asNobody()), `${tool} ${args.path}`).toMatchObject({ errorCode: 'file_io_failed' });
    }
    expect(readFileSync(join(root, 'closed'), 'utf8')).toBe('secret');
    expect(readdirSync(root).sort()).toEqual(['closed', 'inner']);
  });

  test('stay in their roots and out of what is closed', async () => {
    chmodSync(root, 0o777);
    writeFileSync(join(home, 'outside'), 'x');
    symlinkSync(join(home, 'outside'), join(root, 'link'));
    for (const path of [join(home, 'outside'), join(root, 'link'), '/proc/self/environ', '/etc/passwd'])
      expect(await run('fs.read', { path }, asNobody()), path).toMatchObject({ errorCode: 'path_refused' });
  });

  test('are those of whom the order names, where there is no policy', async () => {
    chmodSync(root, 0o777);
    const path = join(root, 'file');
    await resultOf('fs.write', { path, content: '', user: 'nobody' });
    expect(statSync(path)).toMatchObject({ uid: 65534 });
    await resultOf('fs.write', { path: join(root, 'ours'), content: '' });
    expect(statSync(join(root, 'ours'))).toMatchObject({ uid: 0 });
  });

  test('of a size that is allowed come whole', async () => {
    const path = join(root, 'large');
    const content = Buffer.alloc(MAX_READ_BYTES, 0xff);
    writeFileSync(path, content);
    const { content: read } = await resultOf('fs.read', { path }, asNobody());
    expect(read).toBe(content.toString('base64'));
  });
});
