/**
 * Terminals that people have opened on this host: the policy decides, the process starts, and bytes go both ways
 * (`shared-terminal.ts`). Those that are kept are here by the id of their session; a client that comes back has been told from
 * others by the controller.
 */
import type { Duplex } from 'node:stream';
import type { TerminalTarget } from '#core/tunnels/tunnel.ts';
import { type TerminalExit, writeTerminalFrame } from '#protocol/terminal/terminal-frames.ts';
import type { LaunchOrder } from '../tools/processes/command-launcher.ts';
import { prepareTerminal, type TerminalHost } from './prepare-terminal.ts';
import { SharedTerminal } from './shared-terminal.ts';
import { startTerminal } from './terminal-process.ts';

export interface OpenedTerminal {
  readonly id: string;
  readonly target: TerminalTarget;
}

/** Those that wait for somebody included. */
const MOST_KEPT = 256;
const LONGEST_KEEP_SECONDS = 600;

export class Terminals {
  readonly #kept = new Map<string, SharedTerminal>();

  /** Resolves when the connection is over. Never rejects: what went wrong is told as its exit. */
  async serve(stream: Duplex, opened: OpenedTerminal, host: TerminalHost): Promise<void> {
    const { kept } = opened.target;
    if (kept?.resumesAt === undefined) return this.#start(stream, opened, host);
    const terminal = this.#kept.get(kept.sessionId);
    if (terminal === undefined)
      return refuse(
        stream,
        'session_over: the shell is not there any more: it has ended, or this node was started again',
      );
    await terminal.attach(stream, kept.resumesAt);
  }

  async #start(stream: Duplex, { id, target }: OpenedTerminal, host: TerminalHost): Promise<void> {
    const { kept } = target;
    if (kept !== undefined && (this.#kept.size >= MOST_KEPT || this.#kept.has(kept.sessionId)))
      return refuse(stream, `${MOST_KEPT} terminals are open on this node, which is the limit`);
    const prepared = await prepareTerminal(id, target, host);
    if ('problem' in prepared) return refuse(stream, prepared.problem);
    let explain = (exit: TerminalExit) => exit;
    let close = () => {};
    const terminal = new SharedTerminal({
      kept: kept && { ...kept, keepMs: Math.min(kept.keepSeconds, LONGEST_KEEP_SECONDS) * 1_000 },
      user: prepared.user,
      explain: (exit) => explain(exit),
      onOver: () => {
        if (kept !== undefined) this.#kept.delete(kept.sessionId);
        close();
      },
    });
    if (kept !== undefined) this.#kept.set(kept.sessionId, terminal);
    const over = terminal.attach(stream, 0);
    try {
      const started = await startTerminal(
        { order: prepared.order, terminal: target.terminal, runtimeDir: host.runtimeDir },
        terminal,
      );
      close = started.close;
      explain = (exit) => withProblem(exit, started.problem(), prepared.order);
      terminal.runs(started.process);
      await over;
    } catch (error) {
      if (kept !== undefined) this.#kept.delete(kept.sessionId);
      await refuse(stream, error instanceof Error ? error.message : 'it could not be started');
    }
  }
}

function withProblem(exit: TerminalExit, problem: string | undefined, { file }: LaunchOrder): TerminalExit {
  if (problem === undefined) return exit;
  const why = problem === 'ENOENT' ? 'there is no such executable on the PATH of the command' : problem;
  return { code: exit.code, problem: `${file} could not be started: ${why}` };
}

function refuse(stream: Duplex, problem: string): Promise<void> {
  return new Promise((resolve) => {
    stream.once('close', resolve);
    stream.on('error', () => stream.destroy());
    stream.resume();
    stream.end(writeTerminalFrame({ kind: 'exit', exit: { code: null, problem } }), () => resolve());
  });
}
