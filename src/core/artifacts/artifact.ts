import { FleetError } from '../kernel/fleet-error.ts';
import type { Id, TenantId } from '../kernel/ids.ts';

export type ArtifactId = Id<'artifact'>;

/** What can leave artifacts behind. Whoever adds a noun that does adds its word here. */
export const ARTIFACT_OWNER_KINDS = ['execution', 'dispatch', 'release', 'upload', 'terminal'] as const;

/** Artifacts belong to one owner and go with it. */
export interface ArtifactOwner {
  readonly tenantId: TenantId;
  readonly kind: (typeof ARTIFACT_OWNER_KINDS)[number];
  /** Letters, digits, `_` and `-`, 64 at most: it is part of the place where the bytes are. */
  readonly id: string;
}

export interface Artifact {
  readonly id: ArtifactId;
  readonly name: string;
  readonly mediaType: string;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** Artifacts one owner may have, replaced ones and those that never came whole included. */
export const MOST_ARTIFACTS_OF_OWNER = 256;

const NAME = /^[A-Za-z0-9_+@-][A-Za-z0-9._+@ -]{0,199}$/;
const MEDIA_TYPE = /^[a-z0-9.+-]{1,60}\/[a-z0-9.+-]{1,60}$/;
const OWNER_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** @throws FleetError `invalid` */
export function checkArtifactName(name: string, mediaType: string): void {
  if (!NAME.test(name)) {
    throw new FleetError(
      'invalid',
      'the name of an artifact has 1 to 200 letters, digits, spaces and . _ + @ -, and does not begin with a dot or a space',
    );
  }
  if (!MEDIA_TYPE.test(mediaType))
    throw new FleetError('invalid', 'the media type of an artifact has to have the form text/plain');
}

/** @throws FleetError `invalid` */
export function checkOwner({ id }: ArtifactOwner): void {
  if (!OWNER_ID.test(id)) throw new FleetError('invalid', 'the owner of an artifact has an id that cannot be one');
}
