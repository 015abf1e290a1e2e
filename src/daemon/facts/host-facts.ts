import type { AgentHost, Facts } from '#protocol/gen/garrison/node/v1/node.ts';

/** What a host says of itself, as the protocol has it. */
export type HostFacts = Facts;

/** For results and comparison: plain JSON. */
export function factsAsJson(facts: HostFacts): Record<string, unknown> {
  return {
    os: facts.os,
    arch: facts.arch,
    hostname: facts.hostname,
    daemon_version: facts.daemonVersion,
    kernel: facts.kernel,
    cpu_count: facts.cpuCount,
    memory_bytes: facts.memoryBytes,
    booted_at: facts.bootedAt?.toISOString() ?? null,
    local_tools: facts.localTools,
    invocable_tools: facts.invocableTools,
    mounts: facts.mounts,
    labels: facts.labels,
    ...(facts.agents !== undefined && { agents: agentsAsJson(facts.agents) }),
  };
}

function agentsAsJson({ sealingKey, ...told }: AgentHost): Record<string, unknown> {
  return {
    agents: told.agents,
    slots: told.slots,
    free_slots: told.freeSlots,
    sandbox: told.sandbox,
    limits: told.limits,
    problems: told.problems,
    networks: told.networks,
    workspaces: told.workspaces,
    sealing_key: Buffer.from(sealingKey).toString('base64'),
  };
}
