import { validate } from 'uuid';
import type { Invocation } from './invocation.ts';
import { resolveNodeId } from './resolve-target.ts';

/** The bare UUID that Edge Admin calls a node by, for an id of any spelling or a name. */
export async function resolveNodeUuid(invocation: Invocation, nameOrId: string): Promise<string> {
  const bare = nameOrId.replace(/^@/, '').replace(/^n-/, '');
  if (validate(bare)) return bare.toLowerCase();
  const id = await resolveNodeId(await invocation.edgeFleet(), nameOrId);
  return id.replace(/^n-/, '');
}
