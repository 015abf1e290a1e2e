import { TOOLS, type ToolName } from '#protocol/tools/tools.ts';

/** What a form can say about one argument of a tool, read from the schema that the daemon checks it by. */
export interface ToolField {
  readonly name: string;
  readonly kind: 'text' | 'long-text' | 'number' | 'flag' | 'list' | 'pairs' | 'choice';
  readonly isRequired: boolean;
  /** Kept and shown nowhere. */
  readonly isSecret: boolean;
  readonly choices?: readonly string[];
}

interface ArgumentSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly maxLength?: number;
  readonly items?: ArgumentSchema;
  readonly additionalProperties?: unknown;
}

/** These have screens or commands of their own, and no fleet order takes them. */
const NOT_HERE: ReadonlySet<ToolName> = new Set(['self.update', 'agent.run', 'workspace.delete']);

export const OFFERED_TOOLS = (Object.keys(TOOLS) as ToolName[]).filter((name) => !NOT_HERE.has(name)); // of the total record

const LONG = 100_000;
/** `command` with `args` says the same, and a form has one way. */
const LEFT_OUT = new Set(['argv']);

export function fieldsOf(tool: ToolName): readonly ToolField[] {
  const { argsSchema, privacy } = TOOLS[tool];
  const { properties = {}, required = [] } = argsSchema as {
    properties?: Record<string, ArgumentSchema>;
    required?: readonly string[];
  }; // closed objects
  const needed = tool === 'cmd.run' ? ['command'] : required;
  return Object.entries(properties)
    .filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, schema]) => ({
      name,
      kind: kindOf(schema),
      isRequired: needed.includes(name),
      isSecret: privacy[name] === 'secret',
      ...(schema.enum !== undefined && { choices: schema.enum.map(String) }),
    }));
}

function kindOf({ type, enum: choices, maxLength = 0 }: ArgumentSchema): ToolField['kind'] {
  if (choices !== undefined) return 'choice';
  switch (type) {
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'flag';
    case 'array':
      return 'list';
    case 'object':
      return 'pairs';
    default:
      return maxLength > LONG ? 'long-text' : 'text';
  }
}

/** What was typed, as the arguments of the tool. What is empty is left out. */
export function readArgs(
  fields: readonly ToolField[],
  typed: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const args: Record<string, unknown> = {};
  for (const { name, kind } of fields) {
    const text = typed[name] ?? '';
    if (text !== '') args[name] = readValue(kind, text);
  }
  return args;
}

function readValue(kind: ToolField['kind'], text: string): unknown {
  switch (kind) {
    case 'number':
      return Number(text);
    case 'flag':
      return text === 'true';
    case 'list':
      return linesOf(text);
    case 'pairs':
      return Object.fromEntries(linesOf(text).map(pairOf));
    default:
      return text;
  }
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** The first `=` ends the key. */
function pairOf(line: string): readonly [string, string] {
  const at = line.indexOf('=');
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}
