import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { type AuditKeys, isSignedBy } from '#core/audit/audit-keys.ts';
import type { KnownHead } from '#core/audit/chain.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { TenantId } from '#core/kernel/ids.ts';

/** The heads of all chains at one moment. */
export interface Checkpoint {
  readonly at: Date;
  readonly heads: ReadonlyMap<TenantId, KnownHead>;
}

const FORMAT = 'garrison-audit-checkpoint/1';

const Document = Type.Object({
  format: Type.Literal(FORMAT),
  at: Type.String({ maxLength: 40 }),
  heads: Type.Array(
    Type.Object({
      tenant_id: Type.String({ pattern: '^[0-9a-f-]{36}$' }),
      position: Type.Integer({ minimum: 1 }),
      hash: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    }),
  ),
});

/** Two lines: a document of JSON, and the Ed25519 signature over the bytes of the first line without its end, in base64. */
export function writeCheckpoint(keys: Pick<AuditKeys, 'sign'>, { at, heads }: Checkpoint): string {
  const document = JSON.stringify({
    format: FORMAT,
    at: at.toISOString(),
    heads: [...heads].map(([tenantId, { chainPosition, hash }]) => ({
      tenant_id: tenantId,
      position: chainPosition,
      hash: hash.toString('hex'),
    })),
  });
  return `${document}\n${keys.sign(document).toString('base64')}\n`;
}

/** @throws FleetError `invalid` when it is none, or was not signed with the key */
export function readCheckpoint(publicKeyPem: string, text: string): Checkpoint {
  const [document = '', signature = ''] = text.split('\n');
  if (!isSignedBy(publicKeyPem, document, Buffer.from(signature, 'base64')))
    throw new FleetError('invalid', 'the checkpoint was changed, or signed by another installation');
  const value: unknown = JSON.parse(document); // it is signed, so it is one of ours
  if (!Value.Check(Document, value))
    throw new FleetError('invalid', 'the checkpoint has a form that this version does not know');
  const heads = value.heads.map(
    ({ tenant_id, position, hash }) =>
      [tenant_id as TenantId, { chainPosition: position, hash: Buffer.from(hash, 'hex') }] as const, // its form was just checked
  );
  return { at: new Date(value.at), heads: new Map(heads) };
}
