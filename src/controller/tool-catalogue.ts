import type { ToolCatalogue } from '#core/runs/start-run.ts';
import { commandText } from '#protocol/tools/command-text.ts';
import { isToolName, TOOL_NAMES, TOOLS, type ToolName } from '#protocol/tools/tools.ts';
import { validateToolArgs } from '#protocol/tools/validate-tool-args.ts';

/** The tool registry of the node protocol, as the engine asks for it. */
export const toolCatalogue: ToolCatalogue = {
  has: isToolName,
  isReadOnly: (tool) => isToolName(tool) && TOOLS[tool].isReadOnly,
  secretArguments: (tool) => (isToolName(tool) ? secretsOf(tool) : []),
  commandText,
  checkArgs(tool, args) {
    if (!isToolName(tool)) return { tool: ['does not exist'] };
    const read = validateToolArgs(tool, args);
    if (read.ok) return undefined;
    const byField = Map.groupBy(read.problems, ({ path }) => `args${path.replaceAll('/', '.')}`);
    return Object.fromEntries([...byField].map(([field, problems]) => [field, problems.map(({ message }) => message)]));
  },
};

/** Tools with a door of their own, which counts and limits what they start: no fleet order brings them. */
const OF_OTHER_DOORS: ReadonlySet<string> = new Set<ToolName>(['agent.run', 'workspace.delete', 'self.update']);

/** What an order to the fleet may name. */
export const fleetTools: ToolCatalogue = {
  ...toolCatalogue,
  has: (tool) => isToolName(tool) && !OF_OTHER_DOORS.has(tool),
};

/** Tool → JSON Schema of its arguments, of the tools that an order to the fleet may name. */
export const fleetToolSchemas: Readonly<Record<string, object>> = Object.fromEntries(
  TOOL_NAMES.filter(fleetTools.has).map((name) => [name, TOOLS[name].argsSchema]),
);

/** Tool → its secret arguments, of the tools that have some. */
export const secretArguments: ReadonlyMap<string, readonly string[]> = new Map(
  TOOL_NAMES.map((tool) => [tool, secretsOf(tool)] as const).filter(([, secrets]) => secrets.length > 0),
);

function secretsOf(tool: ToolName): readonly string[] {
  return Object.entries(TOOLS[tool].privacy).flatMap(([name, privacy]) => (privacy === 'secret' ? [name] : []));
}
