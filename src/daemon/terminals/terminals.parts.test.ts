import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TerminalTarget } from '#core/tunnels/tunnel.ts';
import {
  type TerminalExit,
  type TerminalFrame,
  TerminalFrameReader,
  type TerminalOpened,
  writeTerminalFrame,
} from '#protocol/terminal/terminal-frames.ts';
import type { Policy } from '../policy/policy.ts';
import { Terminals } from './serve-terminal.ts';

let runtimeDir: string;
beforeAll(() => {
  runtimeDir = mkdtempSync(join(tmpdir(), 'garrison-terminal-'));
});
afterAll(() => rmSync(runtimeDir, { recursive: true }));

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const window = { columns: 91, rows: 33, type: 'xterm-256color' };
const plain: TerminalTarget = { command: [], user: undefined, terminal: undefined };

/** Opens a terminal on this machine, and is its client. */
async function open(target: Partial<TerminalTarget>, policy: Policy = {}, terminals = new Terminals()) {
  const server = createServer({ allowHalfOpen: true });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  void accepted.then(() => server.close());
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  const host = { policy, environment: process.env, runtimeDir };
  const served = accepted.then((socket) =>
    terminals.serve(socket, { id: 'a-terminal', target: { ...plain, ...target } }, host),
  );
  const told = {
    output: '',
    error: '',
    opened: undefined as TerminalOpened | undefined,
    exit: undefined as TerminalExit | undefined,
  };
  const reader = new TerminalFrameReader();
  client.on('error', () => {});
  client.on('data', (piece: Buffer) => {
    for (const frame of reader.read(piece)) {
      if (frame.kind === 'output' || frame.kind === 'error') told[frame.kind] += frame.bytes.toString('utf8');
      if (frame.kind === 'opened') told.opened = frame.opened;
      if (frame.kind === 'exit') told.exit = frame.exit;
    }
  });
  const send = (frame: TerminalFrame) => client.write(writeTerminalFrame(frame));
  const type = (text: string) => send({ kind: 'input', bytes: Buffer.from(text) });
  const over = async () => {
    await new Promise((resolve) => client.once('end', resolve).once('close', resolve));
    client.destroy();
    await served;
    return told;
  };
  return { client, served, told, send, type, over };
}

test('a command gets its arguments as they are, and its output and error output come apart', async () => {
  const nasty = ['$(id)', '; exit 7', "it's", '-n', 'two words', '*'];
  const { over } = await open({
    command: ['/bin/sh', '-c', 'printf "%s|" "$@"; echo wrong >&2; exit 5', 'sh', ...nasty],
  });
  expect(await over()).toMatchObject({ output: `${nasty.join('|')}|`, error: 'wrong\n', exit: { code: 5 } });
});

test('input reaches it as it comes, and its end', async () => {
  const { over, type, send } = await open({ command: ['sort', '-r'] });
  type('a\nb\n');
  type('c\n');
  send({ kind: 'end' });
  expect(await over()).toMatchObject({ output: 'c\nb\na\n', exit: { code: 0 } });
});

test('a megabyte goes through and back', async () => {
  const { over, send, client } = await open({ command: ['cat'] });
  const text = `${'x'.repeat(999)}\n`;
  for (let at = 0; at < 1_000; at++) {
    if (!send({ kind: 'input', bytes: Buffer.from(text) }))
      await new Promise((resolve) => client.once('drain', resolve));
  }
  send({ kind: 'end' });
  const { output, exit } = await over();
  expect([output.length, exit]).toEqual([1_000_000, { code: 0 }]);
});

test('a shell has a terminal of the size of the window, which changes with it', async () => {
  const { over, type, send, told } = await open({ terminal: window });
  type('stty size; echo $TERM; tty\n');
  await expect.poll(() => told.output).toMatch(/33 91\r\nxterm-256color\r\n\/dev\/pts\/\d+/);
  send({ kind: 'size', columns: 120, rows: 40 });
  type('stty size\nexit 3\n');
  expect(await over()).toMatchObject({ output: expect.stringContaining('40 120'), exit: { code: 3 } });
});

test('a key that interrupts reaches what runs in the foreground, and the shell goes on', async () => {
  const { over, type, told } = await open({ terminal: window });
  type('echo rea""dy; sleep 1000\n');
  await expect.poll(() => told.output).toContain('ready');
  type('\x03');
  type('echo st""ill; exit\n');
  expect((await over()).output).toContain('still');
});

test('a signal ends it, with the exit code a shell would tell', async () => {
  const { over, send, told } = await open({ command: ['sh', '-c', 'echo ready; exec sleep 1000'] });
  await expect.poll(() => told.output).toBe('ready\n');
  send({ kind: 'signal', name: 'SIGTERM' });
  expect((await over()).exit).toEqual({ code: 143 });
});

test.each([undefined, window])('whoever goes away takes along what runs (terminal: %j)', async (terminal) => {
  const { client, served, told } = await open({
    command: ['sh', '-c', 'trap "" HUP; echo $$; sleep 1000; sleep 1000'],
    terminal,
  });
  await expect.poll(() => told.output).toMatch(/^\d+/);
  const pid = Number.parseInt(told.output, 10);
  client.destroy();
  await served;
  await expect.poll(() => isThere(pid)).toBe(false);
});

test('frames of another form end it', async () => {
  const { client, served, told } = await open({ command: ['sh', '-c', 'echo $$; exec sleep 1000'] });
  await expect.poll(() => told.output).toMatch(/^\d+\n/);
  client.write(Buffer.of(99, 0, 0, 0, 0));
  await served;
  await expect.poll(() => isThere(Number.parseInt(told.output, 10))).toBe(false);
});

test.each([
  [{ command: ['no-such-program'] }, {}, /no-such-program could not be started: there is no such executable/],
  [{ command: ['id'], user: 'nobody-of-this-name' }, {}, /no user nobody-of-this-name/],
  [{ command: ['id'] }, { allowedCommands: ['uptime'] }, /^policy_refused: .*the command id is not among/],
  [{}, { allowedCommands: ['uptime'] }, /^policy_refused: .*scripts are refused/],
  [{}, { deny: ['script.run'] }, /^policy_refused: .*script.run is denied/],
] as const)('%j under %j is not started, and the client is told why', async (target, policy, message) => {
  const { over } = await open(target, policy);
  const { exit } = await over();
  expect(exit?.problem).toMatch(message);
});

/** The same session, as a client that has so many bytes. */
const kept = (sessionId: string, resumesAt?: number) => ({ kept: { sessionId, keepSeconds: 60, resumesAt } });

test('a shell that is kept outlives its connection, and sends what was missed to whoever comes back', async () => {
  const terminals = new Terminals();
  const first = await open({ terminal: window, ...kept('s-1') }, {}, terminals);
  first.type('stty -echo; echo pid=$$; read x; echo aw""ay; read y; echo back:$y; exit 9\n');
  await expect.poll(() => first.told.output).toMatch(/pid=\d+\r\n/);
  const seen = Buffer.byteLength(first.told.output);
  first.type('\n');
  first.client.destroy();
  await first.served;
  const second = await open({ terminal: window, ...kept('s-1', seen) }, {}, terminals);
  await expect.poll(() => second.told.output).toContain('away\r\n');
  expect([second.told.opened?.position, second.told.output.includes('pid=')]).toEqual([seen, false]);
  second.type('again\n');
  await expect.poll(() => second.told.exit).toEqual({ code: 9 });
  expect(second.told.output).toContain('back:again');
  second.client.destroy();
  await second.served;
  const third = await open({ terminal: window, ...kept('s-1', 0) }, {}, terminals);
  await expect.poll(() => third.told.exit).toEqual({ code: 9 }); // it was lost on the way, perhaps
  third.send({ kind: 'leave' });
  await third.served;
  const fourth = await open({ terminal: window, ...kept('s-1', 0) }, {}, terminals);
  expect((await fourth.over()).exit?.problem).toMatch(/^session_over: /);
});

test('whoever leaves ends a shell that is kept, and whoever comes takes the place of the one before', async () => {
  const terminals = new Terminals();
  const first = await open({ terminal: window, ...kept('s-2') }, {}, terminals);
  first.type('echo pid=$$\n');
  await expect.poll(() => first.told.output).toMatch(/pid=\d+\r\n/);
  const pid = Number(/pid=(\d+)\r/.exec(first.told.output)?.[1]);
  const second = await open({ terminal: window, ...kept('s-2', 0) }, {}, terminals);
  await first.served;
  await expect.poll(() => second.told.output).toContain(`pid=${pid}`);
  second.send({ kind: 'leave' });
  await second.served;
  await expect.poll(() => isThere(pid)).toBe(false);
});

test('without a connection a shell writes as much as is kept, and waits', async () => {
  const terminals = new Terminals();
  const first = await open(
    { command: ['sh', '-c', 'echo ready; read x; yes; echo never'], terminal: window, ...kept('s-3') },
    {},
    terminals,
  );
  await expect.poll(() => first.told.output).toContain('ready');
  first.type('\n');
  first.client.destroy();
  await first.served;
  const second = await open({ terminal: window, ...kept('s-3', 0) }, {}, terminals);
  await expect.poll(() => second.told.output.length).toBeGreaterThan(1_000);
  expect(second.told.opened?.position).toBe(0);
  second.send({ kind: 'leave' });
  await second.served;
});

test('whoever types into a program that does not read is held back, and nobody waits with them', async () => {
  const lazy = await open({ command: ['sh', '-c', 'stty raw -echo; echo ready; sleep 600'], terminal: window });
  await expect.poll(() => lazy.told.output).toContain('ready');
  const piece = Buffer.alloc(60_000, 'x');
  let isHeldBack = false;
  for (let sent = 0; sent < 40_000_000 && !isHeldBack; sent += piece.length) {
    isHeldBack = !lazy.send({ kind: 'input', bytes: piece });
    if (isHeldBack) isHeldBack = await stands(lazy.client);
  }
  expect(isHeldBack).toBe(true);
  const other = await open({ command: ['sh', '-c', 'exit 6'], terminal: window });
  expect((await other.over()).exit).toEqual({ code: 6 });
  lazy.client.destroy(); // which is noticed though nothing is read
  await lazy.served;
});

/** Whether nothing was taken any more, while another terminal was opened and had ended. */
async function stands(client: Socket): Promise<boolean> {
  const before = client.writableLength;
  const { over } = await open({ command: ['true'] });
  await over();
  return client.writableLength === before;
}
