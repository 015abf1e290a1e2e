import { createHash } from 'node:crypto';
import stableStringify from 'safe-stable-stringify';
import { hmac, isSameHash } from './audit-keys.ts';
import type { AuditEntry } from './audit-trail.ts';

/**
 * How the hash of a row is made. `keyed`: HMAC-SHA-256 with the key of the tenant's chain. `unkeyed`: SHA-256, in rows of
 * the time before keys, which whoever wrote in the database could compute anew.
 */
export type ChainKind = 'keyed' | 'unkeyed';

/** An entry with its place in the chain of its tenant. */
export interface ChainedEntry extends AuditEntry {
  readonly id: string;
  /** From 1, without gaps. */
  readonly chainPosition: number;
  readonly chainKind: ChainKind;
  readonly hash: Buffer;
}

export interface ChainHead {
  readonly chainPosition: number;
  readonly chainKind: ChainKind;
  readonly hash: Buffer;
}

/** Before the first row. */
export const EMPTY_CHAIN: ChainHead = { chainPosition: 0, chainKind: 'keyed', hash: Buffer.alloc(32) };

/** What seals the rows of the time before keys: its hash covers their head, so that they cannot be changed from then on. */
export const CHAIN_START = 'audit.chain_start';

export function chainEntry(key: Buffer, head: ChainHead, id: string, entry: AuditEntry): ChainedEntry {
  const place = { ...entry, id, chainPosition: head.chainPosition + 1, chainKind: 'keyed' as const };
  return { ...place, hash: hashOf(key, head.hash, place) };
}

export function follows(key: Buffer, head: ChainHead, entry: ChainedEntry): boolean {
  return isSameHash(hashOf(key, head.hash, entry), entry.hash);
}

/** Over the previous hash and every field, in a spelling that does not depend on the order of keys. */
function hashOf(key: Buffer, previous: Buffer, entry: Omit<ChainedEntry, 'hash'>): Buffer {
  const { id, tenantId, subject, action, object, address, outcome, requestId, facts, at } = entry;
  const fields = [id, tenantId, subject, action, object ?? null, address ?? null, outcome, requestId, at.toISOString()];
  const text = stableStringify([entry.chainPosition, ...fields, facts]) ?? '';
  return entry.chainKind === 'keyed'
    ? hmac(key, previous, text)
    : createHash('sha256').update(previous).update(text).digest();
}

/** `POSITION:HASH`, the hash in hex: how a head is written down outside. */
export function writeHead({ chainPosition, hash }: Pick<ChainHead, 'chainPosition' | 'hash'>): string {
  return `${chainPosition}:${hash.toString('hex')}`;
}

export interface KnownHead {
  readonly chainPosition: number;
  readonly hash: Buffer;
}

/** @returns undefined for what is no head */
export function readHead(text: string): KnownHead | undefined {
  const [, position = '', hash = ''] = /^(\d{1,15}):([0-9a-f]{64})$/i.exec(text) ?? [];
  return position === '' ? undefined : { chainPosition: Number(position), hash: Buffer.from(hash, 'hex') };
}
