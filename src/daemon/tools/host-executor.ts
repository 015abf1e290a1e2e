import { isToolName, type ToolArgs, type ToolName } from '#protocol/tools/tools.ts';
import { type ArgumentProblem, validateToolArgs } from '#protocol/tools/validate-tool-args.ts';
import {
  type Executor,
  failed,
  type ToolCall,
  type ToolEnding,
  type ToolEndingOrNone,
  type ToolIo,
} from '../executions/executor.ts';
import {
  decide,
  type PolicyContext,
  type PolicyDecision,
  type PolicyRefusal,
  placesLookedUp,
  refusalOfTool,
} from '../policy/decide.ts';
import { pathOfCommands } from './processes/command-environment.ts';
import { ownAccount } from './processes/user-account.ts';
import type { ToolHost } from './tool-context.ts';
import { toolTable } from './tool-table.ts';

/** Runs the tools of the registry on this host, as far as its policy allows. */
export function hostExecutor(host: ToolHost): Executor {
  return {
    async execute(call, io) {
      const { tool } = call;
      if (call.isTakenUp)
        return host.updates?.has(call.executionId)
          ? host.updates.takeUp(io)
          : host.detached.takeUp(call.executionId, io);
      if (!isToolName(tool)) return failed('unknown_tool', `this daemon knows no tool ${tool}`);
      const refusal = refusalOfTool(host.policy, tool);
      if (refusal !== undefined) return endingOf(refusal);
      return runTool(tool, call, { host, io });
    },
    outlives: (executionId) => host.detached.has(executionId) || host.updates?.has(executionId) === true,
    forget: (executionId) => {
      host.detached.forget(executionId);
      host.updates?.forget(executionId);
    },
  };
}

async function runTool<Name extends ToolName>(
  tool: Name,
  { args, executionId }: ToolCall,
  { host, io }: { readonly host: ToolHost; readonly io: ToolIo },
): Promise<ToolEndingOrNone> {
  const validated = validateToolArgs(tool, args);
  if (!validated.ok) return invalid(tool, validated.problems);
  const standing = { policy: host.policy, own: ownAccount(), path: pathOfCommands(host.environment) };
  const decision = await decideFrom(standing, tool, { args: validated.args, host });
  if (decision === 'unanswered') return failed('path_unresponsive', UNANSWERED);
  if ('refusal' in decision) return endingOf(decision.refusal);
  return toolTable[tool](validated.args, host, io, { executionId, permit: decision.permit });
}

const UNANSWERED = 'the commands this host allows are on a file system that does not answer, so none can be told apart';

/** Which program a name stands for may have to be looked up where the daemon must not look itself. */
async function decideFrom<Name extends ToolName>(
  standing: PolicyContext,
  tool: Name,
  { args, host }: { readonly args: ToolArgs[Name]; readonly host: ToolHost },
): Promise<PolicyDecision | 'unanswered'> {
  const { ownFileSystems, workers } = host;
  const lookedUp = placesLookedUp(standing, tool, args);
  const far = lookedUp.find((place) => !ownFileSystems.hold(place));
  if (far === undefined) return decide(standing, tool, args);
  const asked = await workers.ask({ task: { kind: 'decide', standing, tool, args } }, { path: far });
  return asked.kind === 'answered' ? asked.answer : 'unanswered';
}

function endingOf({ rule, message }: PolicyRefusal): ToolEnding {
  return failed(rule === 'allowed_roots' ? 'path_refused' : 'policy_refused', message);
}

function invalid(tool: ToolName, found: readonly ArgumentProblem[]): ToolEnding {
  const problems = found.map(({ path, message }) => (path === '' ? message : `${path.slice(1)} ${message}`));
  return failed('invalid_arguments', `${tool}: ${problems.join('; ')}`);
}
