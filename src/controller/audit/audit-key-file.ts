import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { AuditKeys } from '#core/audit/audit-keys.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { parseId, type TenantId } from '#core/kernel/ids.ts';
import { readConfig } from '../config.ts';
import { readSecretKeyOf } from '../secrets.ts';

const FORMAT = 'garrison-audit-key/1';

const Document = Type.Object({
  format: Type.Literal(FORMAT),
  tenant_id: Type.String({ maxLength: 36 }),
  chain_key: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  checkpoint_key: Type.String({ maxLength: 1_000 }),
});

/** What checks the audit log of one tenant without a controller. Secret: who has it can also write that log anew. */
export interface AuditKeyFile {
  readonly tenantId: TenantId;
  readonly chainKey: Buffer;
  /** SPKI, PEM. */
  readonly checkpointKey: string;
}

export interface AuditKeySources {
  /** As commander gives them. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: NodeJS.ProcessEnv;
}

/** Derives the key of a tenant from the secret key of the installation on this machine. */
export function deriveAuditKey(sources: AuditKeySources, tenant: string): object {
  const tenantId = parseId<TenantId>(tenant);
  if (tenantId === undefined) throw new FleetError('invalid', `"${tenant}" is not the id of a tenant, which is a UUID`);
  const config = readConfig(sources);
  const secretKey = readSecretKeyOf(config.dataDir, config.secretKey);
  const keys = new AuditKeys(Buffer.from(secretKey.reveal(), 'hex'));
  return {
    format: FORMAT,
    tenant_id: tenantId,
    chain_key: keys.chainKey(tenantId).toString('hex'),
    checkpoint_key: keys.publicKeyPem,
  };
}

/** @throws FleetError `invalid` */
export function readAuditKeyFile(text: string): AuditKeyFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw notReadable(cause);
  }
  const tenantId = Value.Check(Document, value) ? parseId<TenantId>(value.tenant_id) : undefined;
  if (!Value.Check(Document, value) || tenantId === undefined) throw notReadable();
  return { tenantId, chainKey: Buffer.from(value.chain_key, 'hex'), checkpointKey: value.checkpoint_key };
}

function notReadable(cause?: unknown): FleetError {
  return new FleetError('invalid', 'the key is not what garrison audit key prints', { cause });
}
