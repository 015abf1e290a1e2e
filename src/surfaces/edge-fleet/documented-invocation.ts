import { type TSchema, Type } from 'typebox';
import { InvokeRequest } from './wire/fleet.ts';

/** Tool → JSON Schema of its arguments. */
export type ToolSchemas = Readonly<Record<string, object>>;

/**
 * The body of an invocation for the documents, by tool: what a generated client has types from. A request is read in two steps
 * (its form, then the arguments by the tool's own schema), so the checked schema knows no tools.
 */
export function documentedInvocation(tools: ToolSchemas): TSchema {
  const byTool = Object.entries(tools).map(([name, schema]) => ({
    type: 'object',
    title: `Invoke ${titleOf(name)}`,
    required: ['tool'],
    properties: { tool: { const: name }, args: { ...schema, title: `${titleOf(name)}Args` } },
  }));
  return Type.Unsafe({ ...InvokeRequest, title: 'InvokeRequest', additionalProperties: undefined, oneOf: byTool });
}

/** `cmd.run` → `CmdRun`. */
function titleOf(tool: string): string {
  return tool.replaceAll(/(?:^|\.)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
