import type { ToolName } from '#protocol/tools/tools.ts';

/**
 * The host's own word, and the last one. Everything that is not named is allowed: who may send orders is the
 * controller's business, and this file narrows it.
 */
export interface Policy {
  /** Tools, by name or as `service.*` or `*`. What is denied is denied even when it is allowed. */
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  /** Whom commands and scripts run as; an order may not name anybody else. */
  readonly runAs?: string;
  /** Whom an order may name; undefined: everybody. */
  readonly allowedUsers?: readonly string[];
  /** The executables `cmd.run` may start, with any arguments. Scripts, and variables that change what an executable does, are refused then. */
  readonly allowedCommands?: readonly string[];
  /** Names of variables an order may set although commands are limited. */
  readonly allowedVariables: readonly string[];
  /** Where `fs.*` may look and write; undefined: everywhere. */
  readonly allowedRoots?: readonly string[];
}

export const openPolicy: Policy = { allow: ['*'], deny: [], allowedVariables: [] };

export function allowsTool(policy: Policy, tool: ToolName): boolean {
  return (
    policy.allow.some((pattern) => matches(pattern, tool)) && !policy.deny.some((pattern) => matches(pattern, tool))
  );
}

function matches(pattern: string, tool: string): boolean {
  if (pattern === '*') return true;
  return pattern.endsWith('.*') ? tool.startsWith(pattern.slice(0, -1)) : pattern === tool;
}
