import { Type } from 'typebox';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { pattern } from '#surfaces/http/pattern-words.ts';
import { UUID, UUID_OF_ANY_CASE } from './shapes.ts';

const idOf = (prefix: string, description: string) =>
  Type.String({ pattern: `^${prefix}-${UUID}$`, maxLength: MAX_LENGTH.uuid + prefix.length + 1, description });

export const idInput = (prefix: string, description: string) =>
  Type.String({
    pattern: pattern(`^(${prefix}-)?${UUID_OF_ANY_CASE}$`, `a UUID, with ${prefix}- before it or without`),
    maxLength: MAX_LENGTH.uuid + prefix.length + 1,
    description: `${description}; the bare UUID is read too.`,
  });

export const NodeId = idOf('n', 'A host.');

export const GroupId = idOf('g', 'A group.');

export const FleetCommandId = idOf('f', 'A run.');

export const CommandId = idOf('c', 'One command of a run on one host.');

export const NodeIdInput = idInput('n', 'A host');

export const GroupIdInput = idInput('g', 'A group');

/** An id in a path: one of another form is simply unknown, so only the text is checked here. */
export const pathId = (description: string) => Type.String({ minLength: 1, maxLength: MAX_LENGTH.pathId, description });
