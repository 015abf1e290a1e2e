import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '#cli/program.ts';
import { type Screen, type Terminal, writersOf } from '#cli/terminal.ts';

export interface CliOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A person looks: colours off, columns on. */
  readonly isTerminal?: boolean;
  readonly columns?: number;
  readonly now?: () => Date;
  readonly stdin?: string;
}

export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Command lines in a home directory of their own, with what they print captured. */
export interface CliSession {
  readonly homeDir: string;
  run(...argv: readonly string[]): Promise<CliResult>;
  /** What has been printed so far by the command that runs. */
  readonly printed: { stdout: string; stderr: string };
  /** Ctrl-C. */
  interrupt(): void;
  close(): Promise<void>;
}

export async function cliSession(options: CliOptions = {}): Promise<CliSession> {
  const homeDir = await mkdtemp(join(tmpdir(), 'garrison-cli-'));
  const listeners = new Set<() => void>();
  const printed = { stdout: '', stderr: '' };
  const screen = (name: 'stdout' | 'stderr'): Screen => ({
    ...writersOf((text) => {
      printed[name] += text;
    }, options.isTerminal ?? false),
    isTerminal: options.isTerminal ?? false,
    hasColours: false,
    columns: options.columns ?? 120,
  });
  const terminal: Terminal = {
    stdout: screen('stdout'),
    stderr: screen('stderr'),
    env: options.env ?? {},
    homeDir,
    serviceDataDir: join(homeDir, 'service'),
    now: options.now ?? (() => new Date()),
    hasStdin: options.stdin !== undefined,
    readStdin: async () => options.stdin ?? '',
    onInterrupt(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return {
    homeDir,
    printed,
    async run(...argv) {
      printed.stdout = '';
      printed.stderr = '';
      const exitCode = await runCli(argv, terminal);
      return { exitCode, ...printed };
    },
    interrupt: () => {
      for (const listener of listeners) listener();
    },
    close: () => rm(homeDir, { recursive: true, force: true }),
  };
}
