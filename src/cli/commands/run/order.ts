import { readFile } from 'node:fs/promises';
import type { InvokeRequest } from '#client/edge-fleet/wire.ts';
import { CliError, usageError } from '../../cli-error.ts';
import { readValue } from '../../parse/read-pairs.ts';

/** What is to be done on each node: the part of the order that is neither where nor how. */
export type Order = Required<Pick<InvokeRequest, 'tool' | 'args'>>;

export interface OrderOptions {
  readonly tool?: string;
  readonly args?: Readonly<Record<string, unknown>>;
  readonly arg?: Readonly<Record<string, string>>;
  readonly file?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: string;
}

interface Words {
  /** Before a `--`: one, quoted, a script for a login shell. */
  readonly operands: readonly string[];
  /** After a `--`: a program and its arguments, run without a shell. */
  readonly argv: readonly string[];
}

/** Splits the operands at the `--` of the command line, which the parser has taken out. */
export function splitWords(operands: readonly string[], rawArgv: readonly string[]): Words {
  const dashes = rawArgv.indexOf('--');
  const after = dashes < 0 ? 0 : rawArgv.length - dashes - 1;
  return { operands: operands.slice(0, operands.length - after), argv: operands.slice(operands.length - after) };
}

export async function readOrder(words: Words, options: OrderOptions, readStdin: () => Promise<string>): Promise<Order> {
  const ways = [
    words.operands.length > 0,
    words.argv.length > 0,
    options.file !== undefined,
    options.tool !== undefined,
  ];
  if (ways.filter(Boolean).length !== 1) {
    throw usageError(
      'say one thing to run',
      "A quoted script ('uptime; df -h'), a program after -- (-- uname -a), a file (--file setup.sh), or a tool (--tool service.restart).",
    );
  }
  const extra = { ...options.args, ...mapValues(options.arg ?? {}, readValue), ...runAs(options) };
  if (options.tool !== undefined) return { tool: options.tool, args: extra };
  if (words.argv.length > 0) {
    const [command = '', ...args] = words.argv;
    return { tool: 'cmd.run', args: { command, args, ...extra } };
  }
  return { tool: 'script.run', args: { script: await readScript(words, options, readStdin), ...extra } };
}

async function readScript(
  { operands }: Words,
  { file }: OrderOptions,
  readStdin: () => Promise<string>,
): Promise<string> {
  const [script, ...others] = operands;
  if (others.length > 0) {
    const quoted = `'${operands.join(' ')}'`;
    throw usageError(
      'the script is several words',
      `Quote it (${quoted}), or put -- before a program and its arguments.`,
    );
  }
  if (script === '-' || file === '-') return readStdin();
  if (file === undefined) return script ?? '';
  return readFile(file, 'utf8').catch((cause) => {
    throw new CliError(`cannot read the script ${file}: ${cause.message}`, { cause });
  });
}

function runAs({ cwd, env, user }: OrderOptions): Readonly<Record<string, unknown>> {
  return { ...(cwd !== undefined && { cwd }), ...(env !== undefined && { env }), ...(user !== undefined && { user }) };
}

function mapValues(fields: Readonly<Record<string, string>>, map: (value: string) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, map(value)]));
}
