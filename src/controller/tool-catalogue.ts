import type { ToolCatalogue } from '#core/runs/start-run.ts';
import { isToolName, TOOLS } from '#protocol/tools/tools.ts';
import { validateToolArgs } from '#protocol/tools/validate-tool-args.ts';

/** The tool registry of the node protocol, as the engine asks for it. */
export const toolCatalogue: ToolCatalogue = {
  has: isToolName,
  isReadOnly: (tool) => isToolName(tool) && TOOLS[tool].isReadOnly,
  checkArgs(tool, args) {
    if (!isToolName(tool)) return { tool: ['does not exist'] };
    const read = validateToolArgs(tool, args);
    if (read.ok) return undefined;
    const byField = Map.groupBy(read.problems, ({ path }) => `args${path.replaceAll('/', '.')}`);
    return Object.fromEntries([...byField].map(([field, problems]) => [field, problems.map(({ message }) => message)]));
  },
};
