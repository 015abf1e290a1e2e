/** The command line of an agent, filled in for one run: what is started, with which environment, and what it sees. */

import { chownSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { AgentEntry } from '#protocol/agents/agent-presets.ts';
import type { Mount } from './sandbox/sandbox-spec.ts';
import { type RunDir, writeForReading } from './slots/agent-dirs.ts';
import type { SlotUser } from './slots/slot-users.ts';

export const HOME = '/home/agent';
export const WORKSPACE = '/workspace';
export const PROMPT_FILE = '/run/garrison/prompt';
export interface AgentCommand {
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly stdinFile: string | undefined;
  readonly takesInput: boolean;
}

export interface CommandInput {
  readonly entry: AgentEntry;
  /** As it is found inside. */
  readonly program: string;
  readonly model: string;
  readonly prompt: string;
  readonly dispatchId: string;
  readonly executionId: string;
  readonly secrets: Readonly<Record<string, string>>;
  /** What it has for a key of its provider. */
  readonly ownKey: string;
  /** A port of its loopback, where the relay is. */
  readonly modelPort: number;
  /** Undefined: there is none. */
  readonly proxyPort: number | undefined;
  readonly run: RunDir;
  readonly user: SlotUser | undefined;
}

const PROXY_VARIABLES = ['HTTPS_PROXY', 'HTTP_PROXY', 'https_proxy', 'http_proxy'];

export async function agentCommand(input: CommandInput): Promise<AgentCommand> {
  const { entry, program, prompt, run, user } = input;
  const promptFile = join(run.etc, 'prompt');
  await writeForReading(promptFile, prompt);
  const fill = filler(input);
  for (const [path, content] of Object.entries(entry.files ?? {}))
    await writeInHome(path, fill(content), { run, user });
  const args = entry.command.slice(1).map(fill);
  const isPlaced = entry.command.some((arg) => arg.includes('{prompt}'));
  return {
    command: [program, ...args, ...(entry.prompt === 'argument' && !isPlaced && !isSpokenWith(entry) ? [prompt] : [])],
    env: environmentOf(input, fill),
    ...(isSpokenWith(entry)
      ? { stdinFile: undefined, takesInput: true }
      : { stdinFile: entry.prompt === 'stdin' ? promptFile : undefined, takesInput: false }),
  };
}

/** The task is said to it, whatever its entry says of the prompt. */
function isSpokenWith({ protocol }: AgentEntry): boolean {
  return protocol === 'acp';
}

function filler({ model, prompt, ownKey, modelPort }: CommandInput): (text: string) => string {
  const values: Readonly<Record<string, string>> = {
    model,
    prompt,
    workspace: WORKSPACE,
    home: HOME,
    promptFile: PROMPT_FILE,
    baseUrl: `http://127.0.0.1:${modelPort}`,
    key: ownKey,
  };
  return (text) =>
    text.replace(
      /\{(model|prompt|workspace|home|promptFile|baseUrl|key)\}/g,
      (_all, name: string) => values[name] ?? '',
    );
}

function environmentOf(input: CommandInput, fill: (text: string) => string): Record<string, string> {
  const { entry, program, dispatchId, executionId, secrets, proxyPort } = input;
  const proxy = `http://127.0.0.1:${proxyPort}`;
  return {
    ...secrets,
    ...(proxyPort !== undefined && {
      ...Object.fromEntries(PROXY_VARIABLES.map((name) => [name, proxy])),
      NO_PROXY: '127.0.0.1,localhost',
      no_proxy: '127.0.0.1,localhost',
    }),
    HOME,
    USER: 'agent',
    LOGNAME: 'agent',
    SHELL: '/bin/sh',
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    TMPDIR: '/tmp',
    PATH: [...new Set(['/usr/local/bin', '/usr/bin', '/bin', dirname(program)])].join(':'),
    GARRISON_DISPATCH_ID: dispatchId,
    GARRISON_EXECUTION_ID: executionId,
    ...Object.fromEntries(Object.entries(entry.env).map(([name, value]) => [name, fill(value)])),
  };
}

/** Names that change what else runs, or where it talks to, are no names of secrets. */
const PROTECTED = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'IFS', 'ENV', 'BASH_ENV', 'NODE_OPTIONS', 'TMPDIR'],
  ...['PYTHONPATH', 'PYTHONSTARTUP', 'PYTHONHOME', 'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY', 'FTP_PROXY'],
]);
const PROTECTED_BEGINNINGS = ['LD_', 'DYLD_', 'GIT_', 'GARRISON_', 'PERL5'];

/** The first name of a secret that cannot be one. */
export function protectedName(names: readonly string[], entry: AgentEntry): string | undefined {
  return names.find((name) => {
    const plain = name.toUpperCase();
    return PROTECTED.has(plain) || PROTECTED_BEGINNINGS.some((one) => plain.startsWith(one)) || name in entry.env;
  });
}

/** Nobody else has been in this home yet. */
async function writeInHome(
  path: string,
  content: string,
  { run, user }: Pick<CommandInput, 'run' | 'user'>,
): Promise<void> {
  const directory = join(run.home, dirname(path));
  if (directory !== run.home) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    if (user !== undefined) chownSync(directory, user.uid, user.gid);
  }
  await writeForReading(join(directory, basename(path)), content, 0o600, user);
}

/** Files of ours in the place of those of /etc. */
export async function writeIdentity(
  { run, user }: Pick<CommandInput, 'run' | 'user'>,
  agent: string,
): Promise<Mount[]> {
  const uid = user?.uid ?? process.getuid?.() ?? 0;
  const gid = user?.gid ?? process.getgid?.() ?? 0;
  const files: Readonly<Record<string, string>> = {
    passwd: `agent:x:${uid}:${gid}:agent:${HOME}:/bin/sh\n`,
    group: `agent:x:${gid}:\n`,
    'agent-gitconfig': `[user]\n\tname = ${agent} (Garrison)\n\temail = ${agent}@garrison.localhost\n[init]\n\tdefaultBranch = main\n[core]\n\tautocrlf = false\n`,
  };
  for (const [name, content] of Object.entries(files)) await writeForReading(join(run.etc, name), content);
  const at = (name: string, inside: string): Mount => ({ outside: join(run.etc, name), inside });
  return [
    at('passwd', '/etc/passwd'),
    at('group', '/etc/group'),
    at('agent-gitconfig', '/etc/gitconfig'),
    at('prompt', PROMPT_FILE),
  ];
}
