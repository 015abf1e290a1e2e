import type { AgentResult } from '#protocol/tools/agent-result.ts';
import type { ToolEnding } from '../executions/executor.ts';
import type { Judgement } from './judge-run.ts';
import type { Redactor } from './output/redactor.ts';
import type { SlotCourse, SlotSite } from './slot-site.ts';
import type { AgentEnd } from './watch-agent.ts';

const MOST_FINAL_CHARACTERS = 64 * 1024;

export function metadataOf({ work, course }: SlotSite) {
  const { args, entry, agents } = work;
  return {
    dispatch_id: args.dispatch_id,
    execution_id: work.executionId,
    agent: args.agent,
    protocol: entry.protocol,
    model_id: course.model,
    repository: args.repository?.name ?? null,
    branch: course.branch ?? null,
    base_commit: course.baseCommit ?? null,
    context: args.context ?? 'standard',
    network: course.network,
    sandbox: agents.sandbox,
    limits: agents.limits.kind,
    steps: course.log.steps,
  };
}

export function resultOf({ work, course }: SlotSite, judgement: Judgement): AgentResult {
  const { args, agents } = work;
  const finishedAt = new Date();
  const { end, reader, redactor } = course;
  return {
    outcome: judgement.outcome,
    error:
      judgement.outcome === 'success' ? null : { code: judgement.code, message: redactor.redact(judgement.message) },
    agent: args.agent,
    agent_version: agents.versionOf(args.agent),
    model_id: course.model,
    exit_code: end?.kind === 'exited' ? end.code : null,
    final_text: reader.finalText === undefined ? null : redactor.redact(reader.finalText).slice(-MOST_FINAL_CHARACTERS),
    started_at: course.startedAt.toISOString(),
    finished_at: finishedAt.toISOString(),
    duration_ms: finishedAt.getTime() - course.startedAt.getTime(),
    agent_ms: course.agentMs ?? null,
    cpu_ms: course.figures?.cpuMs ?? null,
    peak_memory_bytes: course.figures?.peakMemoryBytes ?? null,
    usage: course.ways.meter.usage,
    reported_usage: reader.reportedUsage ?? null,
    repository: args.repository?.name ?? null,
    branch: course.branch ?? null,
    base_commit: course.baseCommit ?? null,
    changes: course.changes ?? null,
    judgement: course.judgement ?? null,
    artifacts: course.box.stored,
    missing_artifacts: course.box.missing,
    sandbox: { kind: agents.sandbox, limits: agents.limits.kind, network: course.network.mode },
    network_denials: course.ways.proxy?.refused ?? 0,
    workspace: {
      mode: args.workspace?.mode ?? 'ephemeral',
      id: args.workspace?.id ?? null,
      size_bytes: course.workspaceBytes ?? null,
    },
  };
}

/** What went out, and what was not let out. */
export function trafficOf({ ways, network }: SlotCourse) {
  return {
    mode: network.mode,
    hosts: network.hosts,
    model_requests: ways.relay?.flows ?? [],
    tunnels: Object.fromEntries(ways.proxy?.opened ?? []),
    refused: ways.proxy?.refused ?? 0,
    refusals: ways.proxy?.refusals ?? [],
  };
}

const OUTCOMES = {
  success: 'ok',
  failed: 'failed',
  timeout: 'timed_out',
  cancelled: 'cancelled',
  interrupted: 'interrupted',
} as const;

export function asEnding(judgement: Judgement, result?: AgentResult, end?: AgentEnd, redactor?: Redactor): ToolEnding {
  const outcome = OUTCOMES[judgement.outcome];
  const exitCode =
    end?.kind === 'exited'
      ? end.code
      : judgement.outcome === 'timeout'
        ? 124
        : judgement.outcome === 'cancelled'
          ? 143
          : undefined;
  return {
    outcome,
    ...(result !== undefined && { result }),
    ...(exitCode !== undefined && { exitCode }),
    ...(judgement.outcome !== 'success' && {
      errorCode: judgement.code,
      errorMessage: redactor?.redact(judgement.message) ?? judgement.message,
    }),
  };
}
