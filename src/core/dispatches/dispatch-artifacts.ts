import type { Dispatch } from './dispatch.ts';

/** Something a dispatch has left behind. */
export interface DispatchArtifact {
  readonly name: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
  /** Opens without a credential, for whoever has it, until it expires. */
  readonly url: string;
}

/** Where the artifacts of dispatches are found. */
export interface DispatchArtifacts {
  listOf(dispatch: Dispatch, expiresAt: Date): Promise<readonly DispatchArtifact[]>;
}
