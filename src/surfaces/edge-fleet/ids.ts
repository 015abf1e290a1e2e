import type { EnrollmentTokenId } from '#core/enrolment/enrollment-token.ts';
import { notFound } from '#core/kernel/fleet-error.ts';
import { type ExecutionId, type GroupId, type Id, type NodeId, parseId, type RunId } from '#core/kernel/ids.ts';

/** Ids of this surface: a letter for the kind, a hyphen, a UUID. Bare UUIDs are read too. */
export const writeNodeId = (id: NodeId | string) => `n-${id}`;
export const writeGroupId = (id: GroupId) => `g-${id}`;
export const writeRunId = (id: RunId) => `f-${id}`;
export const writeExecutionId = (id: ExecutionId) => `c-${id}`;

/** @throws FleetError `not_found`: an id of another form is simply unknown. */
export const readNodeId = (text: string) => readId<NodeId>(text, 'n', 'host');
/** For a text that may be something else as well. */
export const findNodeId = (text: string) => findId<NodeId>(text, 'n');
export const readGroupId = (text: string) => readId<GroupId>(text, 'g', 'group');
export const readExecutionId = (text: string) => readId<ExecutionId>(text, 'c', 'command');
export const readRunId = (text: string) => readId<RunId>(text, 'f', 'run');

/** Records of tokens are known by their `jti`, which has no letter. */
export const readTokenId = (text: string) => readId<EnrollmentTokenId>(text, null, 'token');

function readId<T extends Id<string>>(text: string, letter: string | null, kind: string): T {
  const id = findId<T>(text, letter);
  if (id === undefined) throw notFound(kind);
  return id;
}

function findId<T extends Id<string>>(text: string, letter: string | null): T | undefined {
  const hasLetter = letter !== null && text.startsWith(`${letter}-`);
  return parseId<T>(hasLetter ? text.slice(2) : text);
}
