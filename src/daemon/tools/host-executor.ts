import { isToolName, type ToolName } from '#protocol/tools/tools.ts';
import { validateToolArgs } from '#protocol/tools/validate-tool-args.ts';
import { type ExecutionIo, type Executor, failed, type ToolCall, type ToolEnding } from '../executions/executor.ts';
import { allowsTool } from '../policy/policy.ts';
import type { Host } from './tool-context.ts';
import { toolTable } from './tool-table.ts';

/** Runs the tools of the registry on this host, as far as its policy allows. */
export function hostExecutor(host: Host): Executor {
  return {
    async execute(call, io) {
      const { tool } = call;
      if (!isToolName(tool)) return failed('unknown_tool', `this daemon knows no tool ${tool}`);
      if (!allowsTool(host.policy, tool))
        return failed('policy_refused', `the policy of this host does not allow ${tool}`);
      return runTool(tool, call, { host, io });
    },
  };
}

async function runTool<Name extends ToolName>(
  tool: Name,
  { args, executionId }: ToolCall,
  { host, io }: { readonly host: Host; readonly io: ExecutionIo },
): Promise<ToolEnding> {
  const validated = validateToolArgs(tool, args);
  if (validated.ok) return toolTable[tool](validated.args, host, io, executionId);
  const problems = validated.problems.map(({ path, message }) =>
    path === '' ? message : `${path.slice(1)} ${message}`,
  );
  return failed('invalid_arguments', `${tool}: ${problems.join('; ')}`);
}
