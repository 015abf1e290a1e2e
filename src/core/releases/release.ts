import type { ControllerId, Id } from '../kernel/ids.ts';

export type ReleaseId = Id<'release'>;

/** What a release says of itself, once its signature has been found good. */
export interface ReleaseManifest {
  readonly kind: 'node' | 'full';
  readonly version: string;
  readonly platform: string;
  readonly counter: number;
  readonly protocols: readonly number[];
  readonly bytes: number;
  readonly sha256: string;
}

export interface Release {
  readonly id: ReleaseId;
  readonly kind: ReleaseManifest['kind'];
  readonly version: string;
  readonly platform: string;
  readonly counter: number;
  readonly protocols: readonly number[];
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** Its .minisig file. */
  readonly signature: string;
  /** The controller on whose disk the bytes are; null where every controller reaches them. */
  readonly keptBy: ControllerId | null;
  readonly announcedBy: string;
  readonly announcedAt: Date;
  /** Null until its bytes have come. */
  readonly storedAt: Date | null;
  readonly withdrawnAt: Date | null;
}

/** How signatures are read, handed in: the form of them is not core's. */
export interface ReleaseSignatures {
  /** @throws FleetError `invalid` when it is no key. @returns the key in one line */
  readKey(text: string): string;
  /** @throws FleetError `invalid` when the signature is none, not good, or by another key. */
  read(key: string, signature: string): ReleaseManifest;
}
