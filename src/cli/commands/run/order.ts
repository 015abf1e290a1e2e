import { readFile } from 'node:fs/promises';
import type { InvokeRequest } from '#client/edge-fleet/wire.ts';
import { CliError, usageError } from '../../cli-error.ts';
import { readValue } from '../../parse/read-pairs.ts';

/** What is to be done on each node: the part of the order that is neither where nor how. */
export type ToolOrder = Required<Pick<InvokeRequest, 'tool' | 'args'>>;

export interface OrderOptions {
  readonly tool?: string;
  readonly args?: Readonly<Record<string, unknown>>;
  readonly arg?: Readonly<Record<string, string>>;
  readonly file?: string;
  /** Standard input is passed on. */
  readonly stdin?: boolean;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: string;
}

interface Words {
  /** Before a `--`: one, quoted, a script for a login shell. */
  readonly operands: readonly string[];
  /** After a `--`: a program and its arguments, run without a shell; behind a script, the arguments of that. */
  readonly argv: readonly string[];
}

/** Splits the operands at the `--` of the command line, which the parser has taken out. */
export function splitWords(operands: readonly string[], rawArgv: readonly string[]): Words {
  const dashes = rawArgv.indexOf('--');
  const after = dashes < 0 ? 0 : rawArgv.length - dashes - 1;
  return { operands: operands.slice(0, operands.length - after), argv: operands.slice(operands.length - after) };
}

/** Where the words come from that are not on the command line. */
export interface StandardInput {
  /** Something is there to be read: a pipe or a file, and no person. */
  readonly isGiven: boolean;
  read(): Promise<string>;
  /** Tells the person that it is not read. */
  warnUnread(): void;
}

export async function readOrder(words: Words, options: OrderOptions, input: StandardInput): Promise<ToolOrder> {
  const isScript = words.operands.length > 0 || options.file !== undefined;
  const ways = [words.operands.length > 0, options.file !== undefined, options.tool !== undefined];
  const hasProgram = words.argv.length > 0 && !isScript;
  if ([...ways, hasProgram].filter(Boolean).length !== 1 || (options.tool !== undefined && words.argv.length > 0)) {
    throw usageError(
      'say one thing to run',
      "A quoted script ('uptime; df -h'), a program after -- (-- uname -a), a file (--file setup.sh), or a tool (--tool service.restart).",
    );
  }
  const extra = { ...options.args, ...mapValues(options.arg ?? {}, readValue), ...runAs(options) };
  const isRead = words.operands[0] === '-' || options.file === '-';
  if (options.stdin && isRead)
    throw usageError('standard input is the script already, so --stdin has nothing to pass on');
  if (options.stdin && options.tool !== undefined && !TAKES_STDIN.has(options.tool))
    throw usageError(`${options.tool} reads no standard input`);
  if (!options.stdin && !isRead && input.isGiven) input.warnUnread();
  const stdin = options.stdin ? { stdin: await input.read() } : {};
  if (options.tool !== undefined) return { tool: options.tool, args: { ...extra, ...stdin } };
  if (!isScript) {
    const [command = '', ...args] = words.argv;
    return { tool: 'cmd.run', args: { command, args, ...extra, ...stdin } };
  }
  const args = words.argv.length > 0 ? { args: words.argv } : {};
  return { tool: 'script.run', args: { script: await readScript(words, options, input), ...args, ...extra, ...stdin } };
}

const TAKES_STDIN: ReadonlySet<string> = new Set(['cmd.run', 'script.run']);

async function readScript({ operands }: Words, { file }: OrderOptions, input: StandardInput): Promise<string> {
  const [script, ...others] = operands;
  if (others.length > 0) {
    const quoted = `'${operands.join(' ')}'`;
    throw usageError(
      'the script is several words',
      `Quote it (${quoted}), or put -- before a program and its arguments.`,
    );
  }
  if (script === '-' || file === '-') return input.read();
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
