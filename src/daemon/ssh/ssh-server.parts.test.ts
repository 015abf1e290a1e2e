/** The SSH server of a node, before the clients of OpenSSH. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '#core/kernel/secret.ts';
import { hashPassword } from '#core/ssh/password-hash.ts';
import { SshAccess, type SshAttempt, type SshUser } from '#protocol/gen/garrison/node/v1/node.ts';
import { silentLog } from '#runtime/log.ts';
import { openPolicy, type Policy } from '../policy/policy.ts';
import { SshServer } from './ssh-server.ts';

const run = promisify(execFile);
const hasOpenSsh = ['ssh', 'scp', 'sftp', 'ssh-keygen'].every((name) => existsSync(join('/usr/bin', name)));
const PASSWORD = 'correct horse battery staple';

let directory: string;
let server: SshServer;
let key: string;
const attempts: SshAttempt[] = [];

beforeAll(async () => {
  if (!hasOpenSsh) return;
  directory = mkdtempSync(join(tmpdir(), 'garrison-ssh-'));
  key = join(directory, 'id');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  server = await start(openPolicy);
  server.onAttempt((attempt) => attempts.push(attempt));
  const passwordHash = await hashPassword(new Secret(PASSWORD));
  admit(server, [{ username: 'ada', passwordHash, publicKeys: [readFileSync(`${key}.pub`, 'utf8').trim()] }]);
});
afterAll(() => {
  server?.stop();
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
});

async function start(policy: Policy, loginMs = 30_000): Promise<SshServer> {
  const state = mkdtempSync(join(directory, 'state-'));
  const runtimeDir = join(state, 'runtime');
  mkdirSync(runtimeDir);
  const started = new SshServer({
    policy,
    environment: process.env,
    runtimeDir,
    usersFile: join(state, 'ssh-users'),
    hostKeyFile: join(state, 'ssh-host-key'),
    host: '127.0.0.1',
    port: 0,
    loginMs,
    exitRules: { blockedHosts: [], blockedPorts: [], allowedHosts: [] },
    log: silentLog,
  });
  await started.start();
  return started;
}

function admit(to: SshServer, users: readonly SshUser[]): void {
  to.endOf(to.users.replace(SshAccess.fromPartial({ users: [...users], digest: randomBytes(32) })));
}

/** The host key is checked: it is the one the node tells. */
function optionsFor(to: SshServer): string[] {
  const known = join(directory, `known-${to.port}`);
  writeFileSync(known, to.hostKeys.map((line) => `[127.0.0.1]:${to.port} ${line}\n`).join(''));
  return [
    '-F',
    'none',
    '-o',
    `UserKnownHostsFile=${known}`,
    '-o',
    'StrictHostKeyChecking=yes',
    '-o',
    'IdentitiesOnly=yes',
  ];
}

const byKey = (to: SshServer, user = 'ada') => [
  ...optionsFor(to),
  ...['-i', key, '-o', 'BatchMode=yes', '-o', `User=${user}`],
];
const ssh = (to: SshServer, ...command: string[]) =>
  run('ssh', [...byKey(to), '-p', String(to.port), '127.0.0.1', ...command], { encoding: 'utf8' });

function askpass(password: string): Record<string, string> {
  const program = join(directory, `ask-${randomBytes(4).toString('hex')}`);
  writeFileSync(program, `#!/bin/sh\necho '${password}'\n`);
  chmodSync(program, 0o700);
  return { ...(process.env as Record<string, string>), SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: 'force' };
}

const byPassword = (to: SshServer, user: string, password: string) =>
  run(
    'ssh',
    [
      ...optionsFor(to),
      ...['-o', 'PubkeyAuthentication=no', '-o', 'NumberOfPasswordPrompts=1', '-p', String(to.port)],
      ...[`${user}@127.0.0.1`, 'echo in'],
    ],
    { encoding: 'utf8', env: askpass(password) },
  );

describe.runIf(hasOpenSsh)('the SSH server of a node (needs openssh-client)', () => {
  test('runs a command by the shell of the user, with output, error output and exit code apart', async () => {
    const ran = await ssh(server, 'echo "out $((1+1))"; echo err >&2; exit 7').catch((error) => error);
    expect(ran).toMatchObject({ stdout: 'out 2\n', stderr: 'err\n', code: 7 });
    expect((await ssh(server, 'id -un')).stdout.trim()).toBe(userInfo().username);
  });

  test('input and output of some MiB arrive whole, and the exit status after them', async () => {
    const bytes = randomBytes(8 << 20);
    const child = spawn('ssh', [...byKey(server), '-p', String(server.port), '127.0.0.1', 'cat; exit 3']);
    const hash = createHash('sha256');
    child.stdout.on('data', (piece: Buffer) => hash.update(piece));
    child.stdin.end(bytes);
    const [code] = await once(child, 'close');
    expect(code).toBe(3);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  test('gives a terminal where one is asked for', async () => {
    const child = spawn('ssh', [...byKey(server), '-tt', '-p', String(server.port), '127.0.0.1', 'tty; stty size']);
    const output = await textOf(child);
    expect(output).toMatch(/\/dev\/pts\/\d+/);
  });

  test('whoever goes away takes the process along', async () => {
    const child = spawn('ssh', [...byKey(server), '-p', String(server.port), '127.0.0.1', 'echo $$; exec sleep 600']);
    const [first] = await once(child.stdout, 'data');
    const pid = Number(String(first));
    child.kill('SIGKILL');
    await expect.poll(() => existsSync(`/proc/${pid}`)).toBe(false);
  });

  test('takes a password, and none that is nearly right; each attempt is told', async () => {
    attempts.splice(0);
    expect((await byPassword(server, 'ada', PASSWORD)).stdout).toBe('in\n');
    await expect(byPassword(server, 'ada', `${PASSWORD} `)).rejects.toThrow(/Permission denied/);
    await expect(byPassword(server, 'ADA', PASSWORD)).rejects.toThrow(/Permission denied/);
    await expect(byPassword(server, 'ad%', PASSWORD)).rejects.toThrow(/Permission denied/);
    expect(attempts).toMatchObject([
      { username: 'ada', method: 'password', verified: true },
      { username: 'ada', method: 'password', verified: false },
      { username: 'ADA', method: 'password', verified: false },
      { username: 'ad%', method: 'password', verified: false },
    ]);
  });

  test('a key of somebody else, and a name without keys, open nothing', async () => {
    const other = join(directory, 'other');
    execFileSync('ssh-keygen', ['-q', '-t', 'ecdsa', '-N', '', '-f', other]);
    const options = [...optionsFor(server), '-i', other, '-o', 'BatchMode=yes', '-p', String(server.port)];
    await expect(run('ssh', [...options, 'ada@127.0.0.1', 'id'])).rejects.toThrow(/Permission denied/);
    await expect(run('ssh', [...byKey(server, 'bob'), '-p', String(server.port), '127.0.0.1', 'id'])).rejects.toThrow();
  });

  test.each(['ecdsa'])('a key of the type %s opens it', async (type) => {
    const own = join(directory, `id-${type}`);
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', own]);
    const another = await start(openPolicy);
    admit(another, [{ username: 'ada', passwordHash: '', publicKeys: [readFileSync(`${own}.pub`, 'utf8')] }]);
    const options = [...optionsFor(another), '-i', own, '-o', 'BatchMode=yes', '-p', String(another.port)];
    expect((await run('ssh', [...options, 'ada@127.0.0.1', 'echo in'])).stdout).toBe('in\n');
    another.stop();
  });

  test.each([0, 65_537, 5_000_000])('scp carries %d bytes both ways', async (size) => {
    const [from, there, back] = ['from', 'there', 'back'].map((name) => join(directory, `${name}-${size}`)) as [
      string,
      string,
      string,
    ];
    writeFileSync(from, randomBytes(size));
    const options = [...byKey(server), '-P', String(server.port)];
    await run('scp', [...options, from, `127.0.0.1:${there}`]);
    await run('scp', [...options, `127.0.0.1:${there}`, back]);
    expect(readFileSync(there).equals(readFileSync(from))).toBe(true);
    expect(readFileSync(back).equals(readFileSync(from))).toBe(true);
  });

  test('sftp lists, makes, renames, links and removes, and says what it may not', async () => {
    const place = join(directory, 'sftp place');
    const script = [
      `mkdir "${place}"`,
      `cd "${place}"`,
      `put "${key}.pub" one`,
      'rename one two',
      'ln -s two three',
      'chmod 600 two',
      'ls -l',
      'rm three',
      'mkdir more',
      'rmdir more',
      'get two',
    ].join('\n');
    const child = spawn('sftp', [...byKey(server), '-P', String(server.port), '-b', '-', '127.0.0.1'], {
      cwd: directory,
    });
    child.stdin.end(`${script}\n`);
    const output = await textOf(child);
    expect(output).toMatch(/-rw-------.* two/);
    expect(readFileSync(join(directory, 'two'), 'utf8')).toBe(readFileSync(`${key}.pub`, 'utf8'));
    const wrong = spawn('sftp', [...byKey(server), '-P', String(server.port), '-b', '-', '127.0.0.1']);
    wrong.stdin.end('ls /there/is/nothing\n');
    expect(await once(wrong, 'close')).toEqual([1, null]);
  });

  test('a forwarded port leads to a port of the host', async () => {
    const echo = createServer((socket) => socket.pipe(socket));
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    const { port } = echo.address() as { port: number };
    const child = spawn('ssh', [...byKey(server), '-p', String(server.port), '-W', `localhost:${port}`, '127.0.0.1']);
    child.stdin.write('through\n');
    const [answer] = await once(child.stdout, 'data');
    expect(String(answer)).toBe('through\n');
    child.kill();
    echo.close();
  });

  test('nothing is forwarded the other way', async () => {
    const options = [...byKey(server), '-p', String(server.port), '-o', 'ExitOnForwardFailure=yes'];
    await expect(run('ssh', [...options, '-R', '0:localhost:22', '127.0.0.1', 'true'])).rejects.toThrow(/forward/i);
  });

  test('credentials that are taken away end what is open under their name', async () => {
    const other = await start(openPolicy);
    const publicKeys = [readFileSync(`${key}.pub`, 'utf8')];
    admit(other, [{ username: 'ada', passwordHash: '', publicKeys }]);
    const child = spawn('ssh', [...byKey(other), '-p', String(other.port), '127.0.0.1', 'echo in; exec sleep 600']);
    await once(child.stdout, 'data');
    admit(other, []);
    await once(child, 'close');
    await expect(ssh(other, 'id')).rejects.toThrow(/Permission denied/);
    other.stop();
  });

  test('the policy maps names to users of the host, and refuses those it does not map', async () => {
    const other = await start({ ssh: { users: { ada: userInfo().username } } });
    const publicKeys = [readFileSync(`${key}.pub`, 'utf8')];
    admit(
      other,
      ['ada', 'bob'].map((username) => ({ username, passwordHash: '', publicKeys })),
    );
    expect((await ssh(other, 'echo in')).stdout).toBe('in\n');
    const refused = run('ssh', [...byKey(other, 'bob'), '-p', String(other.port), '127.0.0.1', 'id']);
    await expect(refused).rejects.toMatchObject({ code: 126, stderr: expect.stringContaining('ssh.users') });
    other.stop();
  });

  test('whoever says nothing is not kept', async () => {
    const other = await start(openPolicy, 200);
    const silent = connect(other.port ?? 0, '127.0.0.1');
    silent.resume(); // the server greets
    await once(silent, 'close');
    other.stop();
  });

  test('bytes that are no SSH end their connection and nothing else', async () => {
    const child = spawn('sh', [
      '-c',
      `head -c 200000 /dev/urandom | timeout 5 cat > /dev/tcp/127.0.0.1/${server.port}`,
    ]);
    await once(child, 'close');
    expect((await ssh(server, 'echo still')).stdout).toBe('still\n');
  });
});

async function textOf(child: ChildProcess): Promise<string> {
  let text = '';
  child.stdout?.on('data', (piece) => {
    text += piece;
  });
  await once(child, 'close');
  return text;
}
