import { fstatSync, writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { printable } from './output/printable.ts';

/** One of the two places to write to. */
export interface Screen {
  /** On a terminal everything passes `printable`, whoever wrote it: no form of output can forget to. */
  write(text: string): void;
  /** Puts the text in the place of the line the cursor is in; only on a terminal. */
  rewriteLine(text: string): void;
  /** A person is reading: colours, progress, columns that fit. */
  readonly isTerminal: boolean;
  readonly hasColours: boolean;
  readonly columns: number;
}

/** The world around one call of the program; tests bring their own. */
export interface Terminal {
  readonly stdout: Screen;
  readonly stderr: Screen;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir: string;
  /** Where a controller that is a service of this machine keeps its own. Default `/var/lib/garrison`. */
  readonly serviceDataDir?: string;
  now(): Date;
  /** A pipe or a file with something in it is standard input; what a script or a service starts its programs with is not. */
  readonly hasStdin: boolean;
  readStdin(): Promise<string>;
  /** Calls back at every Ctrl-C, which then no longer ends the program, until the returned function is called. */
  onInterrupt(listener: () => void): () => void;
}

export function processTerminal(): Terminal {
  return {
    stdout: screenOf(process.stdout),
    stderr: screenOf(process.stderr),
    env: process.env,
    homeDir: homedir(),
    now: () => new Date(),
    get hasStdin() {
      return isPiped();
    },
    readStdin,
    onInterrupt(listener) {
      process.on('SIGINT', listener);
      return () => process.off('SIGINT', listener);
    },
  };
}

function screenOf(stream: NodeJS.WriteStream): Screen {
  stream.on('error', leaveWhenNobodyReads);
  const isTerminal = stream.isTTY === true;
  return {
    ...writersOf((text) => stream.write(text), isTerminal),
    isTerminal,
    hasColours: wantsColours(isTerminal, process.env),
    get columns() {
      return stream.columns ?? 80;
    },
  };
}

const ERASE_LINE = '\r\u001b[K';

/** The only two ways onto a screen. */
export function writersOf(write: (text: string) => void, isTerminal: boolean): Pick<Screen, 'write' | 'rewriteLine'> {
  return {
    write: (text) => write(isTerminal ? printable(text) : text),
    rewriteLine: (text) => {
      if (isTerminal) write(ERASE_LINE + printable(text));
    },
  };
}

/** https://no-color.org, and `FORCE_COLOR` for those who pipe into a pager. */
export function wantsColours(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0';
  return isTerminal && env.TERM !== 'dumb';
}

/** `garrison nodes list | head -1` is no failure; a full disk is one, and there is nothing left to do about it. */
function leaveWhenNobodyReads(error: NodeJS.ErrnoException): never {
  if (error.code === 'EPIPE') process.exit(0);
  writeSync(2, `error: the answer cannot be written: ${error.message}\n`);
  process.exit(1);
}

function isPiped(): boolean {
  try {
    const stdin = fstatSync(0);
    return stdin.isFIFO() || (stdin.isFile() && stdin.size > 0);
  } catch {
    return false; // it is closed
  }
}

async function readStdin(): Promise<string> {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const part of process.stdin) text += part;
  return text;
}
