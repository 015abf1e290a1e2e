import { headOf } from './describe-order.ts';
import type { RunPolicy } from './policy.ts';
import type { ListedRun, RunKind } from './run.ts';

/** What was run, and how, without secrets: what events and the audit log say of an order. */
export interface OrderFacts {
  readonly kind: RunKind;
  readonly tool: string;
  /** The command line, the head of the script, or the tool with its arguments. Null in runs of before it was kept, as the next two. */
  readonly command: string | null;
  readonly commandSha256: string | null;
  readonly args: Readonly<Record<string, unknown>> | null;
  /** As the caller wrote it. */
  readonly target: unknown;
  readonly policy: RunPolicy;
}

export interface OrderCaller {
  readonly caller: string | null;
  /** Id of the key, subject of the token. */
  readonly callerId: string;
}

/** Characters of the command that lists, events and the audit log show. */
export const SHOWN_CHARACTERS = 200;

export function orderFacts({ kind, tool, command, commandSha256, argsHead, view, policy }: ListedRun): OrderFacts {
  const shown = command === null ? null : headOf(command, SHOWN_CHARACTERS);
  return { kind, tool, command: shown, commandSha256, args: argsHead, target: view.target, policy };
}

export function callerOf({ caller, createdBy }: ListedRun): OrderCaller {
  return { caller, callerId: createdBy };
}
