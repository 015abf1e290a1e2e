import type { ArtifactTickets } from '#core/artifacts/artifact-tickets.ts';
import type { ArtifactDeps } from '#core/artifacts/keep-artifact.ts';
import type { openRelease } from '#core/releases/open-release.ts';
import type { Session } from '#core/sessions/session.ts';
import type { BlockStream } from '#protocol/bulk/block-stream.ts';
import { BulkAnswer, type BulkAsk } from '#protocol/gen/garrison/node/v1/node.ts';
import type { BandwidthLimit } from '#runtime/bandwidth-limit.ts';

export type Purpose = NonNullable<BulkAsk['purpose']>;
export type PurposeCase = Purpose['$case'];
type Asked<Case extends PurposeCase> = Extract<Purpose, { readonly $case: Case }>['value'];

/** The node that asks, as the session says. */
export type BulkNode = Pick<Session, 'nodeId' | 'tenantId' | 'has'>;

export interface BulkDeps {
  readonly artifacts: ArtifactDeps;
  readonly tickets: Pick<ArtifactTickets, 'read'>;
  readonly releases: Parameters<typeof openRelease>[0] & { readonly bandwidth: BandwidthLimit };
}

/** What one kind of bulk connection is for, and what happens on it. */
export interface BulkKind<Case extends PurposeCase> {
  /** Whether this node may. @throws FleetError */
  admit(node: BulkNode, asked: Asked<Case>, deps: BulkDeps): void;
  /** The node was let in and waits for an answer. What is thrown as a `FleetError` is told to it. */
  serve(
    blocks: BlockStream,
    call: { readonly node: BulkNode; readonly asked: Asked<Case> },
    deps: BulkDeps,
  ): Promise<void>;
}

export function tell(blocks: BlockStream, answer: NonNullable<BulkAnswer['answer']>): Promise<void> {
  return blocks.write(BulkAnswer.encode({ answer }).finish());
}
