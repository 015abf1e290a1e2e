import type { AgentDoctorResult } from '#protocol/tools/agent-result.ts';
import { failed } from '../executions/executor.ts';
import type { ToolRunner } from '../tools/tool-context.ts';

const NONE = failed('agent_unavailable', 'this daemon runs no agents');

export const runAgent: ToolRunner<'agent.run'> = async (args, { agents }) => {
  if (agents === undefined) return NONE;
  const problem = agents.checks().find(({ ok }) => !ok);
  if (problem !== undefined) return failed('sandbox_unavailable', `${problem.message}: ${problem.mend}`);
  return failed('agent_unavailable', `this version of the daemon does not run agents yet, so not ${args.agent} either`);
};

export const agentDoctor: ToolRunner<'agent.doctor'> = async (_args, { agents }, io) => {
  if (agents === undefined) return NONE;
  io.started();
  await agents.look();
  const { sandbox, limits, slots, freeSlots } = agents;
  const result: AgentDoctorResult = {
    sandbox,
    limits: limits.kind,
    slots,
    free_slots: freeSlots,
    checks: agents.checks(),
  };
  return { outcome: 'ok', result };
};

export const deleteWorkspace: ToolRunner<'workspace.delete'> = async ({ id }) =>
  failed('unknown_workspace', `there is no workspace ${id} on this node`);
