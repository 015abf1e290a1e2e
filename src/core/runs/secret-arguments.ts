/**
 * Arguments that may be secret: which ones they are, each tool says. A run keeps them sealed, as one value, and has
 * `[redacted]` in their place wherever its arguments are kept or shown; only the order to a node has them.
 */
import type { RunId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';

export type Arguments = Readonly<Record<string, unknown>>;

const REDACTED = '[redacted]';

export interface KeptArguments {
  /** What may be read. */
  readonly args: Arguments;
  /** Null when nothing is secret. */
  readonly sealedArgs: Buffer | null;
}

/** Seals once for a run, however many executions it has. */
export function sealArguments(
  sealer: Pick<Sealer, 'seal'>,
  runId: RunId,
  { args, secret }: { readonly args: Arguments; readonly secret: readonly string[] },
): KeptArguments {
  const found = secret.filter((name) => Object.hasOwn(args, name));
  if (found.length === 0) return { args, sealedArgs: null };
  const secrets = Object.fromEntries(found.map((name) => [name, args[name]]));
  return { args: redactArguments(args, found), sealedArgs: sealer.seal(JSON.stringify(secrets), contextOf(runId)) };
}

/** What may be read of arguments, of which these are secret where they are there. */
export function redactArguments(args: Arguments, secret: readonly string[]): Arguments {
  const found = secret.filter((name) => Object.hasOwn(args, name));
  return { ...args, ...Object.fromEntries(found.map((name) => [name, redact(args[name])])) };
}

/** All arguments as JSON, as the node gets them. @throws UnsealError */
export function openArguments(
  sealer: Pick<Sealer, 'open'>,
  runId: RunId,
  { argsJson, sealedArgs }: { readonly argsJson: string; readonly sealedArgs: Buffer | null },
): string {
  if (sealedArgs === null) return argsJson;
  const secrets = sealer.open(sealedArgs, contextOf(runId)).toString('utf8');
  return JSON.stringify({ ...JSON.parse(argsJson), ...JSON.parse(secrets) }); // both were written as objects
}

/** The names of an environment stay, its values do not. */
function redact(value: unknown): unknown {
  const isNamed = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isNamed ? Object.fromEntries(Object.keys(value).map((name) => [name, REDACTED])) : REDACTED;
}

function contextOf(runId: RunId): string {
  return `run-arguments/${runId}`;
}
