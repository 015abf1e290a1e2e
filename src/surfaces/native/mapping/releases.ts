import type { Static } from 'typebox';
import type { Release as CoreRelease } from '#core/releases/release.ts';
import type { ReleaseKey as CoreReleaseKey } from '#core/releases/store.ts';
import type { Release, ReleaseKey } from '../wire/releases.ts';
import { writeInstant, writeOptionalInstant } from './instants.ts';

export function writeRelease(release: CoreRelease): Static<typeof Release> {
  return {
    id: release.id,
    kind: release.kind,
    version: release.version,
    platform: release.platform,
    counter: release.counter,
    protocols: [...release.protocols],
    size_bytes: release.sizeBytes,
    sha256: release.sha256,
    signature: release.signature,
    published_by: release.announcedBy,
    announced_at: writeInstant(release.announcedAt),
    published_at: writeOptionalInstant(release.storedAt),
    withdrawn_at: writeOptionalInstant(release.withdrawnAt),
  };
}

export function writeReleaseKey({ publicKey, setAt, setBy }: CoreReleaseKey): Static<typeof ReleaseKey> {
  return { public_key: publicKey, set_at: writeInstant(setAt), set_by: setBy };
}
