/**
 * One `session` channel (RFC 4254 §6): a shell, a command, or the subsystem `sftp`, from the request to its end.
 *
 * Bytes go both ways with back-pressure. The exit status is sent when everything the process wrote has been taken by the channel,
 * and is the last word before its end. Whoever goes away takes the process along: a hang-up, and the end of everything in its
 * session a moment later.
 */
import type { ServerChannel, Session } from 'ssh2';
import { newId } from '#core/kernel/ids.ts';
import { hangUp } from '../terminals/hang-up.ts';
import { startTerminal, type TerminalProcess } from '../terminals/terminal-process.ts';
import { ownProgram } from '../tools/own-program.ts';
import { commandEnvironment } from '../tools/processes/command-environment.ts';
import type { LaunchOrder } from '../tools/processes/command-launcher.ts';
import { accountOf, type SshAsk, type SshStanding } from './ssh-account.ts';

export interface ChannelHost extends SshStanding {
  readonly runtimeDir: string;
}

/** What the client wants to be there before the process starts, and may change while it runs. */
interface Wishes {
  terminal: { columns: number; rows: number; readonly type: string } | undefined;
  running: TerminalProcess | undefined;
}

type Wanted = { readonly is: 'shell' } | { readonly is: 'command'; readonly line: string } | { readonly is: 'sftp' };

const SFTP = ownProgram('sftp-server', import.meta.dirname);
const SIGNALS = ['ABRT', 'ALRM', 'HUP', 'INT', 'KILL', 'QUIT', 'TERM', 'USR1', 'USR2'] as const;
const LONGEST_SIDE = 1_000;

/** @param room of the connection, for what it starts */
export function serveSession(
  session: Session,
  username: string,
  host: ChannelHost,
  room: { readonly take: () => boolean; readonly giveBack: () => void },
): void {
  const wishes: Wishes = { terminal: undefined, running: undefined };
  let isTaken = false;
  const begin = (wanted: Wanted, accept: () => ServerChannel, reject: () => unknown) => {
    if (isTaken || !room.take()) return void reject();
    isTaken = true;
    void serve(accept(), wanted, { username, wishes, host }).finally(room.giveBack);
  };
  session.on('pty', (accept, reject, { cols, rows, term }) => {
    if (isTaken) return void reject?.();
    wishes.terminal = { columns: side(cols), rows: side(rows), type: term.slice(0, 64) || 'dumb' };
    accept?.();
  });
  session.on('window-change', (accept, _reject, { cols, rows }) => {
    if (wishes.terminal !== undefined) Object.assign(wishes.terminal, { columns: side(cols), rows: side(rows) });
    wishes.running?.resize(side(cols), side(rows));
    accept?.();
  });
  session.on('signal', (accept, reject, { name }) => {
    const known = SIGNALS.find((signal) => signal === name.replace(/^SIG/, ''));
    if (known === undefined) return void reject?.();
    wishes.running?.signal(`SIG${known}`);
    accept?.();
  });
  session.on('env', (_accept, reject) => void reject?.()); // a variable could change what a program of the user does
  session.on('auth-agent', (_accept, reject) => void reject?.());
  session.on('x11', (_accept, reject) => void reject?.());
  session.on('shell', (accept, reject) => begin({ is: 'shell' }, accept, reject));
  session.on('exec', (accept, reject, { command }) => begin({ is: 'command', line: command }, accept, reject));
  session.on('subsystem', (accept, reject, { name }) =>
    name === 'sftp' ? begin({ is: 'sftp' }, accept, reject) : void reject(),
  );
}

interface Serving {
  readonly username: string;
  readonly wishes: Wishes;
  readonly host: ChannelHost;
}

async function serve(channel: ServerChannel, wanted: Wanted, { username, wishes, host }: Serving): Promise<void> {
  const gone = new Promise<'gone'>((resolve) => channel.once('close', () => resolve('gone')));
  channel.on('error', () => channel.destroy());
  channel.pause();
  try {
    const order = await orderOf(wanted, { username, wishes, host });
    if ('problem' in order) return await leave(channel, 126, `garrison: ${order.problem}\n`);
    const over = Promise.withResolvers<number>();
    const { runtimeDir } = host;
    const started = await startTerminal(
      { order, terminal: wanted.is === 'sftp' ? undefined : wishes.terminal, runtimeDir },
      {
        onOutput: (stream, bytes) => {
          const way = stream === 'output' ? channel : channel.stderr;
          if (way.write(bytes)) return;
          wishes.running?.pause();
          way.once('drain', () => wishes.running?.resume());
        },
        onDrain: () => channel.resume(),
        onExit: (code) => over.resolve(code),
      },
    );
    const { process: running } = started;
    wishes.running = running;
    channel.on('data', (bytes: Buffer) => {
      if (!running.write(bytes)) channel.pause();
    });
    channel.once('end', () => running.end());
    channel.resume();
    const end = await Promise.race([over.promise, gone]);
    if (end === 'gone') await hangUp(running, over.promise);
    else await leave(channel, end, started.problem() === undefined ? '' : 'garrison: the shell could not be started\n');
    started.close();
  } catch (error) {
    await leave(channel, 126, `garrison: ${error instanceof Error ? error.message : 'it could not be started'}\n`);
  }
}

async function orderOf(
  wanted: Wanted,
  { username, wishes: { terminal }, host }: Serving,
): Promise<LaunchOrder | { readonly problem: string }> {
  const ask: SshAsk = wanted.is === 'sftp' ? 'files' : 'shell';
  const chosen = await accountOf(username, ask, host);
  if ('problem' in chosen) return chosen;
  const { account, owner } = chosen;
  const env = commandEnvironment({
    account,
    executionId: newId(),
    variables: terminal && { TERM: terminal.type },
    daemonEnvironment: host.environment,
  });
  return { user: owner, directories: [account.home, '/'], env, ...programOf(wanted, account.shell) };
}

/** The client gives one text, which is for the shell of the user: that is what SSH means by a command (RFC 4254 §6.5). */
function programOf(wanted: Wanted, shell: string): Pick<LaunchOrder, 'file' | 'argv'> {
  const name = shell.split('/').at(-1) ?? shell;
  if (wanted.is === 'sftp') return { file: process.execPath, argv: [process.execPath, ...SFTP] };
  return { file: shell, argv: wanted.is === 'shell' ? [`-${name}`] : [name, '-c', wanted.line] };
}

/** What was written before has been taken by the channel when its callbacks come. */
async function leave(channel: ServerChannel, code: number, problem: string): Promise<void> {
  if (channel.destroyed) return;
  const closed = new Promise((resolve) => channel.once('close', resolve));
  const written = (stream: { write(text: string, done: () => void): unknown }, text: string) =>
    new Promise<void>((resolve) => void stream.write(text, () => resolve()));
  await Promise.race([Promise.all([written(channel, ''), written(channel.stderr, problem)]), closed]);
  if (channel.destroyed) return;
  channel.exit(code);
  channel.end();
}

function side(cells: number): number {
  return Math.min(LONGEST_SIDE, Math.max(1, cells));
}
