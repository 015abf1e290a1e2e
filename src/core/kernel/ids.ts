import { v7, validate } from 'uuid';

declare const brand: unique symbol;

/** A UUIDv7 of one kind; the kinds do not mix. Surfaces encode ids their own way (`n-…`, bare UUID). */
export type Id<Kind extends string> = string & { readonly [brand]: Kind };

export type TenantId = Id<'tenant'>;
export type NodeId = Id<'node'>;
export type ClusterId = Id<'cluster'>;
export type GroupId = Id<'group'>;
export type RunId = Id<'run'>;
export type ExecutionId = Id<'execution'>;
export type ControllerId = Id<'controller'>;
export type KeyId = Id<'key'>;
export type DispatchId = Id<'dispatch'>;
export type WorkspaceId = Id<'workspace'>;

/** A new time-ordered id (RFC 9562, version 7). */
export function newId<T extends Id<string>>(): T {
  return v7() as T; // the only place where a string becomes an id without having been read
}

/** The id in `text`, or undefined when it is not a UUID of any version. Lower-cased. */
export function parseId<T extends Id<string>>(text: string): T | undefined {
  return validate(text) ? (text.toLowerCase() as T) : undefined; // checked on this line
}
