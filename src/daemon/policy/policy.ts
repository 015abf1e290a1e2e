import type { NetworkMode } from '#protocol/tools/agent-run.ts';
import type { TunnelRules } from './tunnel-rules.ts';

/**
 * What `policy.yaml` says, and nothing of what follows from it: `decide.ts` does that. A key that is not written is
 * undefined, which is not the same as an empty list.
 */
export interface Policy {
  /** Tools, by name or as `service.*` or `*`. What is denied is denied even when it is allowed. */
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
  /** Whom every order acts as; an order may not name anybody else. */
  readonly runAs?: string;
  /** Whom an order may name. */
  readonly allowedUsers?: readonly string[];
  /** The executables `cmd.run` may start, with any arguments. */
  readonly allowedCommands?: readonly string[];
  /** Names of variables an order may set. */
  readonly allowedVariables?: readonly string[];
  /** Where `fs.*` may look and write. */
  readonly allowedRoots?: readonly string[];
  /** Which agents may work here, and how. */
  readonly agents?: AgentsPolicy;
  /** Where tunnels may lead. */
  readonly tunnels?: TunnelRules;
  /** Whom those act as who sign in by SSH. */
  readonly ssh?: SshPolicy;
}

export interface SshPolicy {
  /** Names of SSH to users of this host. Whoever is not among them is refused, unless `run_as` is written. */
  readonly users: Readonly<Record<string, string>>;
}

export interface AgentsPolicy {
  /** By name, or `*`. Default: every agent of this host's own table. */
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
  /** Command lines that an order brings. Default: none, once `agents` is written. */
  readonly allowsDefinitions?: boolean;
  /** Default: all. */
  readonly networks?: readonly NetworkMode[];
  /** Hosts that an order may name for `allow-list`, as it would name them. Default: any. */
  readonly hosts?: readonly string[];
  /** Agents at the same time; 0 is none. */
  readonly slots?: number;
}

export const openPolicy: Policy = {};

/** Somebody has written something: what is not named is closed then. */
export function isRestricted(policy: Policy): boolean {
  return Object.values(policy).some((value) => value !== undefined);
}
