/**
 * A dispatch on this node: from the order to the artifacts.
 *
 *   preparing      a slot with a user of its own, directories, what was sealed is opened
 *   fetching, checking_out, context     the workspace, and what goes with the task
 *   agent_started  the agent in its sandbox, watched
 *   agent_ended, collecting, uploading  what it changed and what is known of it, whatever the outcome
 *
 * A stop from outside ends each of these; what there is by then is still collected, unless the daemon itself stops. The
 * directories, the cgroup and the slot are given back in every case.
 */
import type { AgentEntry } from '#protocol/agents/agent-presets.ts';
import { openSealed } from '#protocol/sealing/seal-to-node.ts';
import type { AgentDoctorResult } from '#protocol/tools/agent-result.ts';
import type { AgentRunArgs, SealedPayload } from '#protocol/tools/agent-run.ts';
import { messageOf } from '../daemon-error.ts';
import { failed, type ToolEnding } from '../executions/executor.ts';
import type { ToolRunner } from '../tools/tool-context.ts';
import type { AgentHost } from './agent-host.ts';
import { protectedName } from './start-agent.ts';
import { workInSlot } from './work-in-slot.ts';

const NONE = failed('agent_unavailable', 'this daemon runs no agents');

export const runAgent: ToolRunner<'agent.run'> = async (args, host, io, { executionId }) => {
  const { agents } = host;
  if (agents === undefined) return NONE;
  await agents.looked;
  const chosen = choose(agents, args);
  if ('ending' in chosen) return chosen.ending;
  const payload = openPayload(agents, args);
  if (payload === undefined) return UNREADABLE;
  const name = protectedName(Object.keys(payload.secrets ?? {}), chosen.entry);
  if (name !== undefined)
    return failed('invalid_arguments', `no secret may be called ${name}: it would change what runs`);
  const slot = agents.takeSlot();
  if (slot === undefined)
    return failed('no_agent_slot', `${agents.slots} agents work on this node, which is the limit`);
  io.started();
  try {
    return await workInSlot({
      ...chosen,
      args,
      payload,
      slot,
      executionId,
      host,
      agents,
      io,
      upload: (file) => io.files.upload(file),
    });
  } catch (error) {
    return failed('workspace_failed', `the agent could not be run: ${messageOf(error)}`);
  } finally {
    slot.release();
  }
};

const UNREADABLE = failed(
  'sealed_unreadable',
  'the secrets were not sealed to the key this node has now, or for another dispatch; dispatch it again',
);

/** The agent's entry and its program, or why there is none. */
function choose(
  agents: AgentHost,
  args: AgentRunArgs,
): { readonly entry: AgentEntry; readonly program: string; readonly isOwn: boolean } | { readonly ending: ToolEnding } {
  const problem = agents.checks().find(({ ok }) => !ok);
  if (problem !== undefined)
    return {
      ending: failed('sandbox_unavailable', `${problem.message}; what mends it: ${problem.mend ?? 'see its log'}`),
    };
  const own = agents.entry(args.agent);
  const entry = own ?? agents.entryFor(args.agent, args.definition);
  if (entry === undefined)
    return {
      ending: failed('agent_unavailable', `this node knows no agent ${args.agent}; GARRISON_AGENTS can name one`),
    };
  const [command = ''] = entry.command;
  if (own === undefined && command.includes('/'))
    return {
      ending: failed(
        'agent_unavailable',
        'an agent that comes with an order has to name a program on the PATH, not a file',
      ),
    };
  const program = agents.programOf(entry);
  if (program === undefined)
    return {
      ending: failed('agent_unavailable', `${command} is not installed on this node, so ${args.agent} cannot run`),
    };
  return { entry, program, isOwn: own !== undefined };
}

/** Undefined where it cannot be read. */
function openPayload(agents: AgentHost, { sealed, dispatch_id: about }: AgentRunArgs): SealedPayload | undefined {
  if (sealed === undefined) return {};
  for (const key of agents.privateKeys()) {
    const text = openSealed(key, sealed, about);
    if (text !== undefined) return JSON.parse(text) as SealedPayload; // sealed by our controller, which was authenticated
  }
  return undefined;
}

export const agentDoctor: ToolRunner<'agent.doctor'> = async ({ agent }, { agents }, io) => {
  if (agents === undefined) return NONE;
  io.started();
  await agents.look();
  const { sandbox, limits, slots, freeSlots } = agents;
  const checks = [...agents.checks(), ...agents.agentChecks(agent)];
  const result: AgentDoctorResult = { sandbox, limits: limits.kind, slots, free_slots: freeSlots, checks };
  return { outcome: 'ok', result };
};

export const deleteWorkspace: ToolRunner<'workspace.delete'> = async ({ id }, { agents }, io) => {
  if (agents === undefined) return NONE;
  io.started();
  const removed = await agents.workspaces.remove(id);
  if (removed === 'busy') return failed('workspace_busy', `an agent works in the workspace ${id}`);
  if (removed === 'unknown') return failed('unknown_workspace', `there is no workspace ${id} on this node`);
  return { outcome: 'ok', result: { id, freed_bytes: removed } };
};
