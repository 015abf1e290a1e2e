import type { KeyRing } from '#core/access/key-ring.ts';
import type { ArtifactTickets } from '#core/artifacts/artifact-tickets.ts';
import type { openArtifact } from '#core/artifacts/read-artifacts.ts';
import type { AgentModels } from '#core/dispatches/agents.ts';
import type { WhenSpent } from '#core/dispatches/dispatch.ts';
import type { DispatchArtifacts } from '#core/dispatches/dispatch-artifacts.ts';
import type { DispatchQueue } from '#core/dispatches/dispatch-queue.ts';
import type { RunSignals } from '#core/runs/run-signals.ts';
import type { StartRunDeps } from '#core/runs/start-run.ts';
import { operationsFor } from '#surfaces/http/operation.ts';
import type { FleetReport } from './fleet-report.ts';

/** What the surface is given: the union of what its use cases take, and how callers are told apart. */
export type AgentDispatchDeps = StartRunDeps & {
  readonly keyRing: Pick<KeyRing, 'authenticateKey'>;
  readonly agents: AgentModels;
  readonly queue: Pick<DispatchQueue, 'nudge'>;
  readonly signals: RunSignals;
  /** What budgets that do not say become once they are spent. */
  readonly whenSpent: WhenSpent;
  readonly fleet: FleetReport;
  readonly artifacts: DispatchArtifacts & ArtifactDownloads;
  /** Where `owner/repo` is. */
  readonly gitBaseUrl: string;
};

/** What opens an artifact for whoever has its ticket. */
type ArtifactDownloads = Parameters<typeof openArtifact>[0] & { readonly tickets: Pick<ArtifactTickets, 'read'> };

export const defineOperation = operationsFor<AgentDispatchDeps>();
