import { recordEvents } from '../events/record-events.ts';
import type { Context } from '../kernel/context.ts';
import { invalidField, notFound } from '../kernel/fleet-error.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { Database, Queryable } from '../kernel/sql.ts';
import { getNode } from './get-node.ts';
import type { Node } from './node.ts';
import { type TagChange, writeName, writeTagChange, writeTags } from './store.ts';
import { checkTags, MAX_TAGS, tooManyTags } from './tags.ts';

const MAX_NAME_LENGTH = 255;

export interface NodeUpdate {
  readonly name?: string | undefined;
  /** Replaces all of them; repeated ones count once. */
  readonly tags?: readonly string[] | undefined;
}

/** Gives the node another name, other tags, or both. @throws FleetError `invalid`, `not_found`. */
export async function updateNode(
  ctx: Context,
  deps: { readonly db: Database },
  input: NodeUpdate & { readonly nodeId: NodeId },
): Promise<Node> {
  const { nodeId, name, tags } = input;
  if (name !== undefined) checkName(name);
  if (tags !== undefined) checkTags('tags', tags);
  return deps.db.transaction(async (tx) => {
    if (name !== undefined) await orNotFound(writeName(tx, ctx, nodeId, name.trim()));
    if (tags !== undefined) await orNotFound(writeTags(tx, ctx, nodeId, [...new Set(tags)]));
    const node = await getNode(tx, ctx, nodeId);
    if (name !== undefined) await tell(tx, 'node.renamed', node);
    if (tags !== undefined) await tell(tx, 'node.tags_changed', node);
    return node;
  });
}

/**
 * Adds and removes tags in one step, so that changes made at the same time are all kept.
 * @throws FleetError `invalid` (a malformed tag, one in both lists, too many in the end), `not_found`.
 */
export async function changeTags(
  ctx: Context,
  deps: { readonly db: Database },
  input: TagChange & { readonly nodeId: NodeId },
): Promise<Node> {
  checkTags('add', input.add);
  checkTags('remove', input.remove);
  const both = input.add.find((tag) => input.remove.includes(tag));
  if (both !== undefined) throw invalidField('remove', `${JSON.stringify(both)} is both added and removed`);
  return deps.db.transaction(async (tx) => {
    await orNotFound(writeTagChange(tx, ctx, input.nodeId, input));
    const node = await getNode(tx, ctx, input.nodeId);
    if (node.tags.length > MAX_TAGS) throw tooManyTags('add');
    await tell(tx, 'node.tags_changed', node);
    return node;
  });
}

function checkName(name: string): void {
  if (name.trim() === '') throw invalidField('name', 'must not be blank');
  if (name.length > MAX_NAME_LENGTH) throw invalidField('name', `has at most ${MAX_NAME_LENGTH} characters`);
}

async function orNotFound(wasThere: Promise<boolean>): Promise<void> {
  if (!(await wasThere)) throw notFound('node');
}

async function tell(tx: Queryable, type: 'node.renamed' | 'node.tags_changed', node: Node): Promise<void> {
  const { id, tenantId, name, tags } = node;
  await recordEvents(tx, [{ tenantId, type, subject: id, data: { nodeId: id, name, tags } }]);
}
