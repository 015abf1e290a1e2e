import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

export interface RunToEndOptions {
  /** Default: ours. */
  readonly env?: NodeJS.ProcessEnv;
  /** What it reads on standard input. Default: nothing. */
  readonly input?: string;
}

/**
 * Runs a program to its end, from `/`: another account may not be able to walk to where we are.
 *
 * @returns what it wrote on standard output
 * @throws Error with what it wrote on standard error, when it cannot be started or fails
 */
export async function runToEnd(
  [program = '', ...args]: readonly string[],
  { env = process.env, input = '' }: RunToEndOptions = {},
): Promise<string> {
  const child = spawn(program, args, { cwd: '/', env, stdio: 'pipe' });
  child.stdin.on('error', () => {}); // it did not want to read
  child.stdin.end(input);
  const [[code, signal], stdout, stderr] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ]);
  if (code === 0) return stdout;
  throw new Error(stderr.trim() || `${program} ended with ${signal ?? code}`);
}
