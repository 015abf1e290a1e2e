import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { spawnPty } from '#daemon/terminals/load-pty.ts';
import { Installation, until } from '#test/support/installation.ts';
import { garrison as program } from '#test/support/program.ts';
import { TcpProxy } from '#test/support/tcp-proxy.ts';

const run = promisify(execFile);

let site: Installation;
let wire: TcpProxy;
let wirePort: number;
const open: { kill(): void }[] = [];

beforeAll(async () => {
  wire = new TcpProxy();
  wirePort = await wire.listen();
  site = await Installation.start();
  wire.pointTo(Number(new URL(site.ready.api).port));
  await site.addNode('web-1');
});
afterAll(async () => {
  for (const { kill } of open) kill();
  await site?.close();
  await wire?.close();
});

const environment = () => ({ ...process.env, GARRISON_PROFILE: `${site.dataDir}/profile.json`, TERM: 'xterm' });
const garrison = (...args: string[]) => run(program, args, { env: environment() });

interface Session {
  readonly id: string;
  readonly status: string;
  readonly end_reason: string | null;
  readonly exit_code: number | null;
  readonly local_user: string | null;
  readonly connections: number;
  readonly recording: { readonly bytes: number; readonly problem: string | null } | null;
}

async function sessions(): Promise<Session[]> {
  return JSON.parse((await garrison('sessions', 'ls', '--output', 'json')).stdout) as Session[];
}

async function untilEnded(id: string): Promise<Session> {
  let found: Session | undefined;
  await until('the session ended', async () => {
    found = (await sessions()).find((one) => one.id === id && one.status === 'ended');
    return found !== undefined;
  });
  return found as Session; // until then
}

/** `garrison ssh` on a terminal, by way of the wire, when it has a prompt: what is typed before is lost. */
async function shell(...args: string[]) {
  const profile = JSON.parse(readFileSync(`${site.dataDir}/profile.json`, 'utf8'));
  const file = `${site.dataDir}/by-the-wire.json`;
  writeFileSync(file, JSON.stringify({ ...profile, api: `http://127.0.0.1:${wirePort}` }), { mode: 0o600 });
  const env = { ...environment(), GARRISON_PROFILE: file } as Record<string, string>; // no value is undefined
  const pty = spawnPty(program, ['ssh', 'web-1', ...args], { cols: 100, rows: 30, cwd: '/', env });
  const screen = { text: '', exit: undefined as number | undefined };
  pty.onData((bytes) => {
    screen.text += bytes.toString('utf8');
  });
  pty.onExit(({ exitCode }) => {
    screen.exit = exitCode;
  });
  open.push({ kill: () => screen.exit === undefined && process.kill(pty.pid, 'SIGKILL') });
  const shows = (what: string | RegExp) => until(`the terminal shows ${what}`, () => screen.text.search(what) >= 0);
  await shows(/[#$] $/);
  /** What is typed while it comes back is lost: it is typed again until it shows. */
  const insist = (text: string, what: string) =>
    until(`the terminal shows ${what}`, async () => {
      if (screen.exit === undefined && !screen.text.includes(what)) pty.write(Buffer.from(text));
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      return screen.text.includes(what);
    });
  return { screen, shows, insist, type: (text: string) => pty.write(Buffer.from(text)) };
}

/** A shell whose prompt says nothing and that does not read what a person has set up. */
const BARE = ['-t', '--', 'sh'];

test('a shell is a session with a recording of what it showed, and never of what was typed', async () => {
  const { screen, shows, type } = await shell(...BARE);
  type('echo as""king; stty -echo; read secret; stty echo; printf "got %s" "$secret" | wc -c; exit 7\n');
  await shows(/asking\r*\n/);
  type('correct-horse\n');
  await shows(/17\r*\n/);
  await until('the shell ended', () => screen.exit !== undefined);
  expect(screen.exit).toBe(7);

  const [latest] = await sessions();
  const ended = await untilEnded(latest?.id ?? '');
  expect(ended).toMatchObject({ end_reason: 'exited', exit_code: 7, local_user: expect.any(String), connections: 1 });
  const { stdout: played } = await garrison('sessions', 'play', ended.id, '--speed', '1000');
  expect(played).toContain('17');
  const { stdout: raw } = await garrison('sessions', 'play', ended.id, '--raw');
  expect(JSON.parse(raw.split('\n')[0] ?? '')).toMatchObject({ version: 2, width: 100, height: 30 });
  expect(raw + played + screen.text).not.toContain('correct-horse');
  const { stdout: audit } = await garrison('audit', 'ls', '--action', 'terminal_session.read_recording');
  expect(audit).toContain(ended.id);

  const { stdout: token } = await garrison('tokens', 'create', '--scope', 'garrison.terminals.open');
  const asOther = { ...environment(), GARRISON_KEY: token.trim(), GARRISON_TOKEN: token.trim() };
  const refused = await run(program, ['sessions', 'play', ended.id], { env: asOther }).catch((error) => error);
  expect(refused.stderr).toMatch(/garrison.recordings.read/);
  const { stdout: own } = await run(program, ['sessions', 'ls', '--output', 'json'], { env: asOther });
  expect(JSON.parse(own)).toEqual([]);
});

test('whoever was cut off, by the wire or by the death of the controller, comes back to the same shell', async () => {
  const { screen, shows, type, insist } = await shell(...BARE);
  type('mark=is-the-same; echo pid-$$-\n');
  await shows(/pid-\d+-/);
  const pid = /pid-(\d+)-/.exec(screen.text)?.[1];
  wire.cut();
  await shows('was lost');
  wire.mend();
  await insist('echo again-$$-$mark\n', `again-${pid}-is-the-same`);

  await site.stopController('SIGKILL');
  await site.startController();
  await site.untilConnected(['web-1']);
  await insist('echo third-$$-$mark; exit 3\n', `third-${pid}-is-the-same`);
  await until('the shell ended', () => screen.exit !== undefined);
  expect(screen.exit).toBe(3);

  const [latest] = await sessions();
  const ended = await untilEnded(latest?.id ?? '');
  expect(ended).toMatchObject({ end_reason: 'exited', exit_code: 3 });
  expect(ended.connections).toBeGreaterThanOrEqual(3);
  const { stdout: raw } = await garrison('sessions', 'play', ended.id, '--raw');
  expect(raw).toContain(`third-${pid}-is-the-same`);
});

test('a session is ended from elsewhere, and nobody comes back to it', async () => {
  const { screen, shows, type } = await shell(...BARE);
  type('echo rea""dy\n');
  await shows('ready');
  const [latest] = await sessions();
  await garrison('sessions', 'end', latest?.id ?? '');
  await until('the shell ended', () => screen.exit !== undefined);
  expect(screen.exit).not.toBe(0);
  expect(await untilEnded(latest?.id ?? '')).toMatchObject({ end_reason: 'ended_by_request' });
});
