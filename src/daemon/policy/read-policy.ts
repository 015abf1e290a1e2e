import { closeSync, existsSync, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { TOOL_NAMES } from '#protocol/tools/tools.ts';
import { DaemonError, messageOf } from '../daemon-error.ts';
import { openPolicy, type Policy } from './policy.ts';
import { agentsPolicyOf } from './read-agents-policy.ts';
import { readSshPolicy } from './read-ssh-policy.ts';
import { readTunnelRules } from './tunnel-rules.ts';

/** The keys of the file, and the lists among them. */
const LISTS = ['allow', 'deny', 'allowed_users', 'allowed_commands', 'allowed_variables', 'allowed_roots'] as const;
const KEYS: readonly string[] = [...LISTS, 'run_as', 'agents', 'tunnels', 'ssh'];

/**
 * The policy in `file`; the open one where there is no such file and nobody named it.
 * @throws DaemonError `configuration_invalid`: a policy that cannot be read does not mean that everything is allowed.
 */
export async function readPolicy(file: string, isNamed: boolean): Promise<Policy> {
  if (!isNamed && !existsSync(file)) return openPolicy;
  try {
    const { parse } = await import('#runtime/yaml.ts'); // most daemons have no policy file and need not carry a parser
    return policyOf(parse(readProtected(file)) ?? {});
  } catch (error) {
    const problem = `the policy ${file} cannot be used: ${messageOf(error)}`;
    throw new DaemonError(
      'configuration_invalid',
      `${problem}; the node does not start until it can be used, so mend what it names`,
      {
        cause: error,
      },
    );
  }
}

/** A policy that those it restricts may rewrite restricts nobody. */
function readProtected(file: string): string {
  const descriptor = openSync(file, 'r');
  try {
    const problem = problemOf(fstatSync(descriptor));
    if (problem !== undefined) throw new Error(problem);
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

function problemOf({ uid, mode }: Stats): string | undefined {
  if (uid !== 0 && uid !== process.getuid?.())
    return `it belongs to the user ${uid}, who is neither root nor the daemon's`;
  if ((mode & 0o022) !== 0) return 'users other than its owner may write it; mend it with chmod go-w';
  return undefined;
}

export function policyOf(content: unknown): Policy {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) throw new Error('it is no mapping');
  const fields = content as Readonly<Record<string, unknown>>; // checked on the line above
  const unknown = Object.keys(fields).filter((key) => !KEYS.includes(key));
  if (unknown.length > 0) throw new Error(`it has unknown keys (${unknown.join(', ')}); known are ${KEYS.join(', ')}`);
  const lists = Object.fromEntries(LISTS.map((key) => [key, listOf(key, fields[key])]));
  const { run_as: runAs, agents, tunnels, ssh } = fields;
  if (runAs !== undefined && typeof runAs !== 'string') throw new Error('run_as has to be the name of a user');
  for (const pattern of [...(lists.allow ?? []), ...(lists.deny ?? [])]) checkPattern(pattern);
  for (const root of lists.allowed_roots ?? []) {
    if (!root.startsWith('/')) throw new Error(`allowed_roots has ${root}, which is not an absolute path`);
  }
  return {
    ...(lists.allow !== undefined && { allow: lists.allow }),
    ...(lists.deny !== undefined && { deny: lists.deny }),
    ...(lists.allowed_variables !== undefined && { allowedVariables: lists.allowed_variables }),
    ...(runAs !== undefined && { runAs }),
    ...(lists.allowed_users !== undefined && { allowedUsers: lists.allowed_users }),
    ...(lists.allowed_commands !== undefined && { allowedCommands: lists.allowed_commands }),
    ...(lists.allowed_roots !== undefined && { allowedRoots: lists.allowed_roots }),
    ...(agents !== undefined && { agents: agentsPolicyOf(agents) }),
    ...(tunnels !== undefined && { tunnels: readTunnelRules(tunnels) }),
    ...(ssh !== undefined && { ssh: readSshPolicy(ssh) }),
  };
}

function listOf(key: string, value: unknown): string[] | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new Error(`${key} has to be a list of texts`);
}

/** A misspelt tool in `deny` would allow what somebody meant to forbid. */
function checkPattern(pattern: string): void {
  const names: readonly string[] = TOOL_NAMES;
  const prefix = pattern.endsWith('.*') ? pattern.slice(0, -1) : undefined;
  const isKnown =
    pattern === '*' || names.includes(pattern) || names.some((name) => prefix !== undefined && name.startsWith(prefix));
  if (!isKnown) throw new Error(`there is no tool ${pattern}; there are ${names.join(', ')}`);
}
