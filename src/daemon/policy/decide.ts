/**
 * The one decision about an order: who would act (the account), with which tool, on which arguments; the answer is a
 * permit, which says as whom and within which bounds, or a refusal, which names the key of the policy file it is by.
 *
 * Where nothing is written, every tool is open, and an order acts as the daemon's own user or as whom it names. Once
 * anything is written, what is not named is closed:
 *
 * tools      those that `allow` names, without those that `deny` names; where `allow` is not written, all of them, but
 *            `service.*` where `allowed_commands` limits what is started, because they start systemctl
 * account    `run_as`, and nobody else; where it is not written, whom the order names out of `allowed_users`; where
 *            neither is written, the daemon's own user and nobody else. Where `allowed_users` is written and `run_as`
 *            is not, an order that names nobody is refused; a daemon that is not root acts as itself if it is listed
 * programs   those of `allowed_commands`; no scripts then, for a script can do whatever its user can
 * variables  those of `allowed_variables`; where it is not written and `allowed_commands` is, none
 * updates    of the daemon itself, where SELF_UPDATE_ENABLED says so (`self.update`); they act for nobody
 * files      within `allowed_roots`, as the account; where it is not written, none
 * agents     those that `agents` allows, in networks it allows; where it is not written, none. They act as users of their
 *            own, whatever the account is
 *
 * Whatever is written, and where nothing is, too: no file becomes setuid, setgid or sticky, and some places are closed to
 * file tools (`places.ts`). Every key that is written holds, whatever the others say: two keys that contradict each other
 * leave nothing.
 */
import { isAbsolute } from 'node:path';
import type { ToolArgs, ToolName } from '#protocol/tools/tools.ts';
import { type Demand, type DemandKind, TOOL_DEMANDS } from './demands.ts';
import { isRestricted, type Policy } from './policy.ts';
import { candidatesFor, resolveProgram } from './resolve-program.ts';

/** The keys of the policy file that refuse, and what is refused without any. */
export type Rule =
  | 'allow'
  | 'deny'
  | 'run_as'
  | 'allowed_users'
  | 'allowed_commands'
  | 'allowed_variables'
  | 'allowed_roots'
  | 'agents'
  | 'file_mode';

export interface PolicyRefusal {
  readonly rule: Rule;
  /** For the caller. */
  readonly message: string;
}

export interface Permit {
  /** Whom the order acts as; undefined: the daemon's own user. */
  readonly user: string | undefined;
  /** The program that was decided about, where programs are limited: this one is started, and none that is looked up again. */
  readonly program: string | undefined;
}

/** Where the order would act. */
export interface PolicyContext {
  readonly policy: Policy;
  /** Whom the daemon runs as. */
  readonly own: { readonly name: string; readonly uid: number };
  /** PATH of commands. */
  readonly path: string;
}

export type PolicyDecision = { readonly permit: Permit } | { readonly refusal: PolicyRefusal };

export function decide<Name extends ToolName>(
  standing: PolicyContext,
  tool: Name,
  args: ToolArgs[Name],
): PolicyDecision {
  const { policy } = standing;
  const demand = TOOL_DEMANDS[tool].read(args);
  const asked = 'user' in demand ? demand.user : undefined;
  const program = demand.kind === 'program' ? programOf(demand.file, standing) : undefined;
  const refusal =
    refusalOfTool(policy, tool) ??
    (actsForNobody(demand) ? undefined : refusalOfUser(standing, asked)) ??
    refusalOfVariables(policy, demand) ??
    refusalOfProgram(policy, demand, program) ??
    refusalOfMode(demand) ??
    refusalOfAgent(policy, demand);
  if (refusal !== undefined) return { refusal };
  return { permit: { user: policy.runAs ?? asked, program } };
}

/** An update is the daemon's own, and an agent has a user of its own. */
function actsForNobody({ kind }: Demand): boolean {
  return kind === 'update' || kind === 'agent';
}

/** The paths that are touched to decide it: none where no programs are limited. */
export function placesLookedUp<Name extends ToolName>(
  { policy, path }: PolicyContext,
  tool: Name,
  args: ToolArgs[Name],
): string[] {
  const demand = TOOL_DEMANDS[tool].read(args);
  if (demand.kind !== 'program' || policy.allowedCommands === undefined) return [];
  return [demand.file, ...policy.allowedCommands].flatMap((name) => candidatesFor(name, path).filter(isAbsolute));
}

/** Why no order of this tool is allowed, whatever its arguments; undefined where it depends on them. */
export function refusalOfTool(policy: Policy, tool: ToolName): PolicyRefusal | undefined {
  const { allow, deny = [] } = policy;
  if (deny.some((pattern) => matches(pattern, tool))) return refusal('deny', `${tool} is denied`);
  if (allow !== undefined && !allow.some((pattern) => matches(pattern, tool)))
    return refusal('allow', `${tool} is not among the tools that are allowed`);
  return refusalOfKind(policy, tool, TOOL_DEMANDS[tool].kind);
}

function refusalOfKind(policy: Policy, tool: ToolName, kind: DemandKind): PolicyRefusal | undefined {
  const { allow = [], allowedCommands, allowedRoots } = policy;
  switch (kind) {
    case 'script':
      if (allowedCommands === undefined) return undefined;
      return refusal('allowed_commands', 'scripts are refused, because commands are limited');
    case 'service':
      if (allowedCommands === undefined || allow.some((pattern) => pattern !== '*' && matches(pattern, tool)))
        return undefined;
      return refusal('allow', `where commands are limited, ${tool} has to be named in it`);
    case 'file':
      if (allowedRoots !== undefined || !isRestricted(policy)) return undefined;
      return refusal('allowed_roots', 'it names no place for file tools');
    case 'agent':
      if (policy.agents !== undefined || !isRestricted(policy)) return undefined;
      return refusal('agents', 'it names no agents');
    case 'program':
    case 'facts':
    case 'update':
      return undefined;
  }
}

function refusalOfAgent({ agents }: Policy, demand: Demand): PolicyRefusal | undefined {
  if (demand.kind !== 'agent' || agents === undefined) return undefined;
  const { agent, isDefined, network, hosts } = demand;
  const { allow = ['*'], deny = [], networks } = agents;
  const names = (list: readonly string[]) => agent !== undefined && (list.includes(agent) || list.includes('*'));
  if (agent !== undefined && (names(deny) || !names(allow)))
    return refusal('agents', `the agent ${agent} is not among those that are allowed`);
  if (isDefined && agents.allowsDefinitions !== true)
    return refusal('agents', `${agent} comes with a command line of its own, and definitions are not allowed`);
  if (network !== undefined && networks !== undefined && !networks.includes(network))
    return refusal('agents', `the network ${network} is not among those that are allowed`);
  const host = hosts.find((name) => agents.hosts !== undefined && !agents.hosts.includes(name));
  return host === undefined ? undefined : refusal('agents', `the host ${host} is not among those an agent may reach`);
}

function refusalOfUser({ policy, own }: PolicyContext, asked: string | undefined): PolicyRefusal | undefined {
  const { runAs, allowedUsers } = policy;
  if (asked !== undefined && runAs !== undefined && asked !== runAs)
    return refusal('run_as', `orders act as ${runAs} and nobody else`);
  const user = runAs ?? asked;
  if (user === undefined) return refusalOfNobody(own, allowedUsers);
  if (allowedUsers !== undefined && !allowedUsers.includes(user))
    return refusal('allowed_users', `the user ${user} is not among those that are allowed`);
  const isNamed = runAs !== undefined || allowedUsers !== undefined;
  if (!isNamed && isRestricted(policy) && user !== own.name)
    return refusal('allowed_users', `it names no users, so orders act as ${own.name} and nobody else`);
  return undefined;
}

/** An order that names nobody, where nobody is named for it. */
function refusalOfNobody(
  own: PolicyContext['own'],
  allowedUsers: readonly string[] | undefined,
): PolicyRefusal | undefined {
  if (allowedUsers === undefined) return undefined;
  if (own.uid !== 0 && allowedUsers.includes(own.name)) return undefined;
  return refusal('run_as', `an order has to name one of the users ${allowedUsers.join(', ')}; nobody acts by default`);
}

function refusalOfVariables({ allowedVariables, allowedCommands }: Policy, demand: Demand): PolicyRefusal | undefined {
  if (!('variables' in demand)) return undefined;
  if (allowedVariables === undefined && allowedCommands === undefined) return undefined;
  const variable = demand.variables.find((name) => !allowedVariables?.includes(name));
  return variable === undefined
    ? undefined
    : refusal('allowed_variables', `an order may not set the variable ${variable}`);
}

function refusalOfProgram({ allowedCommands }: Policy, demand: Demand, program: string | undefined) {
  if (demand.kind !== 'program' || allowedCommands === undefined || program !== undefined) return undefined;
  return refusal('allowed_commands', `the command ${demand.file} is not among those that are allowed`);
}

function refusalOfMode(demand: Demand): PolicyRefusal | undefined {
  if (demand.kind !== 'file' || demand.mode === undefined) return undefined;
  if (Number.parseInt(demand.mode, 8) <= 0o777) return undefined;
  return refusal(
    'file_mode',
    `the mode ${demand.mode} would make the file setuid, setgid or sticky, which no order does`,
  );
}

/** The allowed program that a command line names; undefined where there is none, or where programs are not limited. */
function programOf(file: string, { policy, path }: PolicyContext): string | undefined {
  const { allowedCommands } = policy;
  if (allowedCommands === undefined) return undefined;
  const program = resolveProgram(file, path);
  return allowedCommands.some((command) => resolveProgram(command, path) === program) ? program : undefined;
}

function matches(pattern: string, tool: string): boolean {
  if (pattern === '*') return true;
  return pattern.endsWith('.*') ? tool.startsWith(pattern.slice(0, -1)) : pattern === tool;
}

function refusal(rule: Rule, what: string): PolicyRefusal {
  const whose = rule === 'file_mode' ? 'this host' : `the policy of this host (${rule})`;
  return { rule, message: `${whose} refuses it: ${what}` };
}
