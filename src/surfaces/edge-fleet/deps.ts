import type { IssueTokenDeps } from '#core/enrolment/issue-enrollment-token.ts';
import type { Principal } from '#core/kernel/context.ts';
import type { EndNodeDeps } from '#core/nodes/end-node.ts';
import type { RunSignals } from '#core/runs/run-signals.ts';
import type { StartRunDeps } from '#core/runs/start-run.ts';
import type { HttpRequest } from '#surfaces/http/request.ts';

/** What the surface is given: the union of what its use cases take, and how callers are told apart. */
export type EdgeFleetDeps = StartRunDeps &
  EndNodeDeps &
  IssueTokenDeps & {
    readonly signals: RunSignals;
    authenticate(request: HttpRequest): Promise<Principal>;
  };
