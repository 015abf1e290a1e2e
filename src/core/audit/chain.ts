import { createHash } from 'node:crypto';
import stableStringify from 'safe-stable-stringify';
import type { AuditEntry } from './audit-trail.ts';

/** An entry with its place in the chain of its tenant. */
export interface ChainedEntry extends AuditEntry {
  readonly id: string;
  /** From 1, without gaps. */
  readonly chainPosition: number;
  readonly hash: Buffer;
}

export interface ChainHead {
  readonly chainPosition: number;
  readonly hash: Buffer;
}

/** Before the first row. */
export const EMPTY_CHAIN: ChainHead = { chainPosition: 0, hash: Buffer.alloc(32) };

export function chainEntry(head: ChainHead, id: string, entry: AuditEntry): ChainedEntry {
  const chainPosition = head.chainPosition + 1;
  return { ...entry, id, chainPosition, hash: hashEntry(head.hash, chainPosition, { ...entry, id }) };
}

/** SHA-256 over the previous hash and every field, in a spelling that does not depend on the order of keys. */
export function hashEntry(
  previous: Buffer,
  chainPosition: number,
  entry: AuditEntry & { readonly id: string },
): Buffer {
  const { id, tenantId, subject, action, object, address, outcome, requestId, facts, at } = entry;
  const fields = [id, tenantId, subject, action, object ?? null, address ?? null, outcome, requestId, at.toISOString()];
  const text = stableStringify([chainPosition, ...fields, facts]) ?? '';
  return createHash('sha256').update(previous).update(text).digest();
}
