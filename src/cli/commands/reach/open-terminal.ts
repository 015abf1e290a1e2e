import { constants } from 'node:os';
import { openTunnel } from '#client/tunnels/open-tunnel.ts';
import { CliError, ExitWith } from '../../cli-error.ts';
import { ExitCode } from '../../exit-codes.ts';
import type { Invocation } from '../../invocation.ts';
import { type AttachedTerminal, attach, type SessionProgress } from './attach.ts';
import { comeBack } from './come-back.ts';

export interface TerminalWish {
  readonly node: string;
  readonly command: readonly string[];
  readonly user: string | undefined;
  /** Undefined: where both ends are a terminal and no command is given. */
  readonly wantsTerminal: boolean | undefined;
  readonly hasInput: boolean;
}

/** Exit code of ssh itself when the connection is the problem. */
const CONNECTION_LOST = 255;

/** Opens it, is its terminal until it is over, and ends with the exit code of what ran there. */
export async function openTerminal(invocation: Invocation, wish: TerminalWish): Promise<void> {
  const local: AttachedTerminal = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr };
  const isTerminal = wish.wantsTerminal ?? (wish.command.length === 0 && process.stdin.isTTY === true);
  const [columns, rows] = [process.stdout.columns || 80, process.stdout.rows || 24]; // some terminals say 0
  const { TERM: type = 'xterm' } = invocation.terminal.env;
  const access = await invocation.tunnels();
  const socket = await openTunnel(access, {
    kind: 'terminal',
    sessions: true,
    node: wish.node,
    command: wish.command,
    user: wish.user,
    terminal: isTerminal ? { columns, rows, type: /^[\w.+-]{1,64}$/.test(type) ? type : 'xterm' } : undefined,
  });
  const progress: SessionProgress = { sessionId: undefined, position: 0 };
  const options = { isTerminal: isTerminal && process.stdin.isTTY === true, hasInput: wish.hasInput, progress };
  let end = await attach(socket, local, options);
  while (end === 'lost' && isTerminal && progress.sessionId !== undefined) {
    process.stderr.write(`\r\n[garrison] the connection to ${wish.node} was lost; coming back to the same shell\r\n`);
    const again = await comeBack(access, progress.sessionId, progress);
    if (again === undefined) break;
    end = await attach(again, local, options);
  }
  if (end === 'left') throw new ExitWith((128 + constants.signals.SIGHUP) as ExitCode); // as ssh ends
  if (end === 'lost') {
    process.stderr.write(`the connection to ${wish.node} was lost\n`);
    throw new ExitWith(CONNECTION_LOST as ExitCode); // as ssh ends
  }
  if (end.problem !== undefined) throw new CliError(`${wish.node}: ${end.problem}`, { exitCode: ExitCode.failed });
  if (end.code !== 0) throw new ExitWith((end.code ?? CONNECTION_LOST) as ExitCode); // what ran there has said how it went
}
