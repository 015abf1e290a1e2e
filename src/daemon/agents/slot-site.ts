import type { AgentEntry } from '#protocol/agents/agent-presets.ts';
import type { AgentChanges, ResultJudgement } from '#protocol/tools/agent-result.ts';
import type { AgentRunArgs, SealedPayload } from '#protocol/tools/agent-run.ts';
import type { ExecutionIo } from '../executions/executor.ts';
import type { ToolHost } from '../tools/tool-context.ts';
import type { AgentHost, Slot } from './agent-host.ts';
import type { ArtifactBox, Upload } from './artifact-box.ts';
import type { CgroupFigures } from './limits/cgroup.ts';
import type { AgentLog } from './output/agent-log.ts';
import type { AgentReader } from './output/agent-reader.ts';
import type { Redactor } from './output/redactor.ts';
import type { Network, WaysOut } from './relay/ways-out.ts';
import type { Mount } from './sandbox/sandbox-spec.ts';
import type { SandboxPlace } from './sandbox/start-sandboxed.ts';
import type { RunDir } from './slots/agent-dirs.ts';
import type { AgentEnd } from './watch-agent.ts';
import type { TakenWorkspace } from './workspace/persistent-workspaces.ts';

export interface SlotWork {
  readonly entry: AgentEntry;
  readonly program: string;
  /** It comes from this host's own table. */
  readonly isOwn: boolean;
  readonly args: AgentRunArgs;
  readonly payload: SealedPayload;
  readonly slot: Slot;
  readonly executionId: string;
  readonly host: ToolHost;
  readonly agents: AgentHost;
  readonly io: ExecutionIo;
  readonly upload: Upload;
}

/** What is known of a run so far; each part is there once it happened. */
export interface SlotCourse {
  readonly startedAt: Date;
  readonly log: AgentLog;
  readonly box: ArtifactBox;
  readonly reader: AgentReader;
  readonly redactor: Redactor;
  readonly model: string;
  readonly ways: WaysOut;
  readonly network: Network;
  /** What the agent has for a key. */
  readonly ownKey: string;
  baseCommit?: string;
  branch?: string;
  end?: AgentEnd;
  agentMs?: number;
  figures?: CgroupFigures | undefined;
  changes?: AgentChanges;
  /** What stands for files of /etc inside; there once the agent was started. */
  identity?: readonly Mount[];
  judgement?: ResultJudgement;
  workspaceBytes?: number;
}

export interface SlotSite {
  readonly work: SlotWork;
  readonly run: RunDir;
  readonly place: SandboxPlace;
  readonly course: SlotCourse;
  readonly workspace: TakenWorkspace;
  /** The workspace, on the host. */
  readonly tree: string;
}
