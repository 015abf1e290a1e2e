import type { DecideDeps } from '#core/approvals/decide-approval.ts';
import type { ArtifactTickets } from '#core/artifacts/artifact-tickets.ts';
import type { ArtifactDeps } from '#core/artifacts/keep-artifact.ts';
import type { IssueTokenDeps } from '#core/enrolment/issue-enrollment-token.ts';
import type { LogRanges } from '#core/executions/log-ranges.ts';
import type { Principal } from '#core/kernel/context.ts';
import type { EndNodeDeps } from '#core/nodes/end-node.ts';
import type { RerunDeps } from '#core/runs/rerun.ts';
import type { RunSignals } from '#core/runs/run-signals.ts';
import { operationsFor } from '#surfaces/http/operation.ts';
import type { HttpRequest } from '#surfaces/http/request.ts';
import type { ToolSchemas } from './documented-invocation.ts';

/** What the surface is given: the union of what its use cases take, and how callers are told apart. */
export type EdgeFleetDeps = RerunDeps &
  EndNodeDeps &
  IssueTokenDeps & {
    readonly signals: RunSignals;
    /** What approval lets go. */
    readonly held: DecideDeps['held'];
    readonly files: {
      readonly artifacts: ArtifactDeps;
      readonly tickets: Pick<ArtifactTickets, 'issue'>;
      /** What an artifact is called that the tool which fetches files has left. */
      readonly fetchedName: string;
    };
    /** For the documents. Default: they name no tools. */
    readonly toolSchemas?: ToolSchemas;
    /** Who a token of ours or of a configured issuer belongs to. @throws FleetError `unauthenticated`, `forbidden`. */
    signIn(request: HttpRequest): Promise<Principal>;
  };

/** With what the surface makes of that itself. */
export type ServedDeps = EdgeFleetDeps & { readonly logRanges: LogRanges };

export const defineOperation = operationsFor<ServedDeps>();
