import { invalidField } from '../kernel/fleet-error.ts';
import { type Id, type NodeId, parseId } from '../kernel/ids.ts';

export type AliasId = Id<'alias'>;

/** Another name of a node inside its cluster. It goes when the node leaves the cluster. */
export interface Alias {
  readonly id: AliasId;
  readonly name: string;
  readonly nodeId: NodeId;
  readonly clusterName: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A label of a host name. */
export const ALIAS_NAME_PATTERN = '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$';
export const MAX_ALIAS_LENGTH = 63;

/** @throws FleetError `invalid` for a name that another node has by its id. */
export function checkAliasName(name: string): void {
  if (parseId(name) !== undefined) throw invalidField('name', 'cannot be a UUID: nodes have those names already');
}
