import type { ToolArgs, ToolName } from '#protocol/tools/tools.ts';
import type { AgentHost } from '../agents/agent-host.ts';
import type { ToolEndingOrNone, ToolIo } from '../executions/executor.ts';
import type { HostFacts } from '../facts/host-facts.ts';
import type { Permit } from '../policy/decide.ts';
import type { Policy } from '../policy/policy.ts';
import type { UpdateDesk } from '../updates/update-desk.ts';
import type { DetachedExecutions } from './detached/detached-executions.ts';
import type { HangGuard } from './hangs/hang-guard.ts';
import type { OutputPipes } from './processes/output-pipes.ts';

/** What tools find on a host. */
export interface ToolHost extends HangGuard {
  readonly policy: Policy;
  readonly pipes: OutputPipes;
  readonly detached: DetachedExecutions;
  /** Undefined: this daemon runs none. */
  readonly agents: AgentHost | undefined;
  /** For files that are gone once they are opened. */
  readonly runtimeDir: string;
  /** What the daemon keeps, and what the operator closes: no file tool goes there. Absolute. */
  readonly closedPaths: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly facts: () => HostFacts;
  /** Undefined: this daemon has no release that could be replaced. */
  readonly updates: UpdateDesk | undefined;
  /** systemctl, where systemd runs the host. */
  readonly serviceManager: () => string | undefined;
}

export interface PermittedOrder {
  readonly executionId: string;
  /** What was decided about it. */
  readonly permit: Permit;
}

export type ToolRunner<Name extends ToolName> = (
  args: ToolArgs[Name],
  host: ToolHost,
  io: ToolIo,
  order: PermittedOrder,
) => Promise<ToolEndingOrNone>;
