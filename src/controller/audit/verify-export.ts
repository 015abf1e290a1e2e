import { EMPTY_CHAIN, type KnownHead, readHead } from '#core/audit/chain.ts';
import { ChainCheck, type ChainVerdict } from '#core/audit/chain-check.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { type AuditKeyFile, readAuditKeyFile } from './audit-key-file.ts';
import { readCheckpoint } from './checkpoint.ts';
import { readExportHeader, readExportRow } from './export-lines.ts';

export interface ExportFiles {
  readonly lines: AsyncIterable<string>;
  /** As `garrison audit key` prints it. */
  readonly key: string;
  readonly checkpoint?: string | undefined;
  /** POSITION:HASH */
  readonly since?: string | undefined;
}

/** The verdict in the form in which a controller gives it over the API. */
export async function verifyExportFile({ lines, key, checkpoint, since }: ExportFiles) {
  const known = since === undefined ? undefined : readHead(since);
  const verdict = await verifyExport({ lines, key: readAuditKeyFile(key), checkpoint, since: known });
  const { rows, unkeyedRows, head, broken } = verdict;
  return {
    is_intact: broken === undefined,
    rows,
    unkeyed_rows: unkeyedRows,
    broken_at: broken?.at ?? null,
    reason: broken?.reason ?? null,
    head: { position: head.chainPosition, hash: head.hash.toString('hex') },
  };
}

export interface ExportCheck {
  readonly lines: AsyncIterable<string>;
  readonly key: AuditKeyFile;
  /** The text of a checkpoint file. */
  readonly checkpoint?: string | undefined;
  readonly since?: KnownHead | undefined;
}

/**
 * Checks an export of the audit log with nothing but the key: no controller, no database. A checkpoint or a head kept
 * elsewhere must be met on the way; without one, an export of a log whose last rows were cut off looks whole.
 * @throws FleetError `invalid` for files that do not belong together
 */
export async function verifyExport({ lines, key, checkpoint, since }: ExportCheck): Promise<ChainVerdict> {
  const rows = lines[Symbol.asyncIterator]();
  const first = await rows.next();
  const { tenantId, after } = readExportHeader(first.done ? '' : first.value);
  if (tenantId !== key.tenantId)
    throw new FleetError('invalid', `the export is of tenant ${tenantId}, the key of tenant ${key.tenantId}`);
  const known = [...(since ? [since] : []), ...(checkpoint === undefined ? [] : [headIn(checkpoint, key)])];
  if (known.some((head) => head.chainPosition < after.chainPosition))
    throw new FleetError(
      'invalid',
      `the export begins behind row ${after.chainPosition}, and the known head is before it`,
    );
  // of what is before an export that begins later, nothing is known but the hash
  const from = after.chainPosition === 0 ? EMPTY_CHAIN : { ...after, chainKind: 'unkeyed' as const };
  const check = new ChainCheck(key.chainKey, { from, known });
  for (let number = 2; ; number += 1) {
    const { value: line, done } = await rows.next();
    if (done || !check.take(readExportRow(tenantId, line, number))) return check.end();
  }
}

function headIn(checkpoint: string, { checkpointKey, tenantId }: AuditKeyFile): KnownHead {
  const head = readCheckpoint(checkpointKey, checkpoint).heads.get(tenantId);
  if (head === undefined) throw new FleetError('invalid', `the checkpoint holds no head of tenant ${tenantId}`);
  return head;
}
