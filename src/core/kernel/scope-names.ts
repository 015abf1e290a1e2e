/**
 * The scopes of the edge fleet have two names: that of its contract, and ours. A token that has one has the other: whoever
 * writes a new token writes ours, and what was written for the contract goes on working.
 */
const CONTRACT = 'aegis.edge.';
const OURS = 'garrison.';

/** `garrison.fleet.manage`, as the contract of the edge fleet calls it. */
export function contractScope(scope: string): string | undefined {
  return scope.startsWith(OURS) ? CONTRACT + scope.slice(OURS.length) : undefined;
}

/** The same scope by its other name, where it may have one. */
export function otherName(scope: string): string | undefined {
  return scope.startsWith(CONTRACT) ? OURS + scope.slice(CONTRACT.length) : contractScope(scope);
}
