import type { Static } from 'typebox';
import { type ChainedEntry, type KnownHead, writeHead } from '#core/audit/chain.ts';
import type { ChainVerdict } from '#core/audit/chain-check.ts';
import type { AuditListing, AuditSlice } from '#core/audit/list-audit.ts';
import type { AuditExport, AuditPage, AuditRow, AuditVerification } from '../wire/audit.ts';
import { writePage } from './pages.ts';

export function writeAuditRow(entry: ChainedEntry): Static<typeof AuditRow> {
  return {
    id: entry.id,
    position: entry.chainPosition,
    at: entry.at.toISOString(),
    subject: entry.subject,
    action: entry.action,
    object: entry.object ?? null,
    address: entry.address ?? null,
    outcome: entry.outcome,
    request_id: entry.requestId,
    facts: entry.facts,
    kind: entry.chainKind,
    hash: entry.hash.toString('hex'),
  };
}

export function writeAuditPage(listing: AuditListing): Static<typeof AuditPage> {
  return { ...writePage(listing, writeAuditRow), head: writeAuditHead(listing.head) };
}

export function writeAuditExport({ tenantId, after, items, head }: AuditSlice): Static<typeof AuditExport> {
  return {
    tenant_id: tenantId,
    after: writeAuditHead(after),
    items: items.map(writeAuditRow),
    head: writeAuditHead(head),
  };
}

/** The head in a header too, for those who keep it from whatever they read. */
export function auditHeadHeader(head: KnownHead): Readonly<Record<string, string>> {
  return { 'garrison-audit-head': writeHead(head) };
}

export function writeVerdict({ rows, unkeyedRows, head, broken }: ChainVerdict): Static<typeof AuditVerification> {
  return {
    is_intact: broken === undefined,
    rows,
    unkeyed_rows: unkeyedRows,
    broken_at: broken?.at ?? null,
    reason: broken?.reason ?? null,
    head: writeAuditHead(head),
  };
}

function writeAuditHead({ chainPosition, hash }: KnownHead) {
  return { position: chainPosition, hash: hash.toString('hex') };
}
