/**
 * A terminal that somebody has opened on this host, from the tunnel to its end: the policy decides, the process starts, bytes
 * go both ways, and the tunnel ends with what became of the process. Whoever goes away takes the process along: a hang-up
 * as a terminal would send, and the end of everything in its session a moment later.
 */
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { TerminalTarget } from '#core/tunnels/tunnel.ts';
import {
  framesOf,
  TERMINAL_SIGNALS,
  type TerminalExit,
  type TerminalFrame,
  TerminalFrameReader,
  writeTerminalFrame,
} from '#protocol/terminal/terminal-frames.ts';
import { decide } from '../policy/decide.ts';
import { chooseAccount } from '../tools/commands/choose-account.ts';
import { commandEnvironment, pathOfCommands } from '../tools/processes/command-environment.ts';
import type { LaunchOrder } from '../tools/processes/command-launcher.ts';
import { endSession } from '../tools/processes/end-session.ts';
import { ownAccount } from '../tools/processes/user-account.ts';
import type { Host } from '../tools/tool-context.ts';
import { startTerminal, type TerminalProcess } from './terminal-process.ts';

export type TerminalHost = Pick<Host, 'policy' | 'environment' | 'runtimeDir'>;

export interface OpenedTerminal {
  readonly id: string;
  readonly target: TerminalTarget;
}

const HANG_UP_MS = 1_000;

/** Resolves when it is over. Never rejects: what went wrong is told as its exit. */
export async function serveTerminal(stream: Duplex, opened: OpenedTerminal, host: TerminalHost): Promise<void> {
  const prepared = await prepare(opened, host);
  if ('problem' in prepared) return leave(stream, { code: null, problem: prepared.problem });
  const over = Promise.withResolvers<TerminalExit>();
  let running: TerminalProcess | undefined;
  const { terminal } = opened.target;
  try {
    const started = await startTerminal(
      { order: prepared.order, terminal, runtimeDir: host.runtimeDir },
      {
        onOutput: (kind, bytes) => {
          let hasRoom = true;
          for (const frame of framesOf(kind, bytes)) hasRoom = stream.write(frame);
          if (!hasRoom) running?.pause();
        },
        onDrain: () => stream.resume(),
        onExit: (code) => over.resolve({ code }),
      },
    );
    running = started.process;
    stream.on('drain', () => running?.resume());
    const gone = follow(stream, running);
    const exit = await Promise.race([over.promise, gone]);
    if (exit === 'gone') await hangUp(running, over.promise);
    else await leave(stream, withProblem(exit, started.problem(), prepared.order));
    started.close();
  } catch (error) {
    await leave(stream, { code: null, problem: error instanceof Error ? error.message : 'it could not be started' });
  }
}

/** What the policy allows, as an order to the launcher. */
async function prepare(
  { id, target }: OpenedTerminal,
  { policy, environment }: TerminalHost,
): Promise<{ order: LaunchOrder } | { problem: string }> {
  const { command, user, terminal } = target;
  const standing = { policy, own: ownAccount(), path: pathOfCommands(environment) };
  const [file, ...args] = command;
  const asUser = user === undefined ? {} : { user };
  const decision =
    file === undefined
      ? decide(standing, 'script.run', { script: '', ...asUser })
      : decide(standing, 'cmd.run', { command: file, args, ...asUser });
  if ('refusal' in decision) return { problem: `policy_refused: ${decision.refusal.message}` };
  const chosen = await chooseAccount(decision.permit.user);
  if ('ending' in chosen) return { problem: chosen.ending.errorMessage ?? 'nobody to run as' };
  const { account, owner } = chosen;
  const env = commandEnvironment({
    account,
    executionId: id,
    variables: terminal && { TERM: terminal.type },
    daemonEnvironment: environment,
  });
  const shell = account.shell;
  const program =
    file === undefined
      ? { file: shell, argv: [`-${shell.split('/').at(-1)}`] } // the dash makes it a login shell
      : { file: decision.permit.program ?? file, argv: [file, ...args] };
  return { order: { user: owner, directories: [account.home, '/'], env, ...program } };
}

/** Input, sizes and signals of the client, until it is gone. */
function follow(stream: Duplex, running: TerminalProcess): Promise<'gone'> {
  const reader = new TerminalFrameReader();
  return new Promise((resolve) => {
    const gone = () => resolve('gone');
    stream.on('data', (piece: Buffer) => {
      try {
        for (const frame of reader.read(piece)) if (!obey(frame, running)) stream.pause();
      } catch {
        stream.destroy();
      }
    });
    stream.once('end', gone);
    stream.once('close', gone);
    stream.once('error', gone);
  });
}

/** False: input has to wait. */
function obey(frame: TerminalFrame, running: TerminalProcess): boolean {
  if (frame.kind === 'input') return running.write(frame.bytes);
  if (frame.kind === 'end') running.end();
  if (frame.kind === 'size') running.resize(frame.columns, frame.rows);
  if (frame.kind === 'signal') {
    const name = TERMINAL_SIGNALS.find((known) => known === frame.name);
    if (name !== undefined) running.signal(name);
  }
  return true;
}

async function hangUp(running: TerminalProcess, over: Promise<unknown>): Promise<void> {
  running.signal('SIGHUP');
  running.end();
  await Promise.race([over, delay(HANG_UP_MS)]);
  await endSession(running.pid);
}

function withProblem(exit: TerminalExit, problem: string | undefined, { file }: LaunchOrder): TerminalExit {
  if (problem === undefined) return exit;
  const why = problem === 'ENOENT' ? 'there is no such executable on the PATH of the command' : problem;
  return { code: exit.code, problem: `${file} could not be started: ${why}` };
}

function leave(stream: Duplex, exit: TerminalExit): Promise<void> {
  return new Promise((resolve) => {
    stream.once('close', resolve);
    stream.end(writeTerminalFrame({ kind: 'exit', exit }), () => resolve());
  });
}
