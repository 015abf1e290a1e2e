import type { ArtifactOwner } from '#core/artifacts/artifact.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';

const SEGMENT = /^[A-Za-z0-9_-]{1,64}$/;
export const SHA256 = /^[0-9a-f]{64}$/;

/** Where the bytes of an owner are, one part after the other. @throws FleetError `invalid` for what could lead elsewhere */
export function segmentsOf({ tenantId, kind, id }: ArtifactOwner): readonly [string, string, string] {
  for (const part of [tenantId, kind, id]) {
    if (!SEGMENT.test(part)) throw new FleetError('invalid', 'the owner of an artifact has an id that cannot be one');
  }
  return [tenantId, kind, id];
}

/** @throws FleetError `invalid` */
export function checkedSha256(sha256: string): string {
  if (!SHA256.test(sha256)) throw new FleetError('invalid', 'not the SHA-256 of an artifact');
  return sha256;
}
