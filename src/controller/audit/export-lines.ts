/**
 * An export of the audit log of one tenant, as lines of JSON: a first line that says whose it is and behind which row it
 * begins, then every row in the order of the chain, with all its hash is made of.
 */
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import type { ChainedEntry, KnownHead } from '#core/audit/chain.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { TenantId } from '#core/kernel/ids.ts';

const FORMAT = 'garrison-audit-export/1';

const Uuid = Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' });
const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' });
const NullableText = Type.Union([Type.String(), Type.Null()]);

const Header = Type.Object({
  format: Type.Literal(FORMAT),
  tenant_id: Uuid,
  after: Type.Object({ position: Type.Integer({ minimum: 0 }), hash: Hash }),
});

const Row = Type.Object({
  id: Uuid,
  position: Type.Integer({ minimum: 1 }),
  at: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$' }),
  subject: Type.String(),
  action: Type.String(),
  object: NullableText,
  address: NullableText,
  outcome: Type.String(),
  request_id: Type.String(),
  facts: Type.Record(Type.String(), Type.Unknown()),
  kind: Type.Union([Type.Literal('keyed'), Type.Literal('unkeyed')]),
  hash: Hash,
});

export interface ExportHeader {
  readonly tenantId: TenantId;
  /** The head behind which the rows begin; position 0 for all of them. */
  readonly after: KnownHead;
}

/** @throws FleetError `invalid` */
export function readExportHeader(line: string): ExportHeader {
  const value = parse(line, 1);
  if (!Value.Check(Header, value)) throw notReadable(1);
  const { tenant_id, after } = value;
  return {
    tenantId: tenant_id as TenantId, // its form was just checked
    after: { chainPosition: after.position, hash: Buffer.from(after.hash, 'hex') },
  };
}

/** @throws FleetError `invalid` that names the line */
export function readExportRow(tenantId: TenantId, line: string, number: number): ChainedEntry {
  const value = parse(line, number);
  if (!Value.Check(Row, value)) throw notReadable(number);
  const { position, at, object, address, request_id, kind, hash, ...same } = value;
  return {
    ...same,
    tenantId,
    at: new Date(at),
    object: object ?? undefined,
    address: address ?? undefined,
    requestId: request_id,
    chainPosition: position,
    chainKind: kind,
    hash: Buffer.from(hash, 'hex'),
  };
}

function parse(line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw notReadable(number, cause);
  }
}

function notReadable(number: number, cause?: unknown): FleetError {
  return new FleetError('invalid', `line ${number} of the export is not a line of ${FORMAT}`, { cause });
}
