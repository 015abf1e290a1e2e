import { type OutputUnit, type Schema, Validator } from '@cfworker/json-schema';
import { type AgentDefinition, agentDefinitionSchema } from '../tools/agent-run.ts';
import { AGENT_PRESETS, type AgentEntry } from './agent-presets.ts';

const agentsFileSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['agents'],
  properties: {
    agents: {
      type: 'object',
      propertyNames: { pattern: '^[a-z][a-z0-9_-]{0,63}$', maxLength: 64 },
      additionalProperties: agentDefinitionSchema,
      maxProperties: 64,
    },
  },
} as const;

/**
 * What the file of the setting `GARRISON_AGENTS` says: an operator's own agents, and other commands for names we know.
 * @param content the parsed YAML
 * @throws Error with a sentence for people
 */
export function agentsOf(content: unknown): Readonly<Record<string, AgentDefinition>> {
  const { valid, errors } = new Validator(agentsFileSchema as unknown as Schema, '2020-12', false).validate(
    content ?? null,
  ); // a Schema is any JSON object
  if (!valid) throw new Error(problemOf(errors));
  const { agents } = content as { agents: Record<string, AgentDefinition> }; // the schema has just read it
  const nameless = Object.keys(agents).find((name) => entryOf(name, agents[name]) === undefined);
  if (nameless !== undefined) throw new Error(`${nameless} needs a command: it is no agent Garrison knows by name`);
  return agents;
}

/** The deepest error says what is wrong; those above it that something below them is. */
function problemOf(errors: readonly OutputUnit[]): string {
  const last = errors.at(-1);
  if (last === undefined) return 'it is not of the form { agents: { NAME: { command: [...] } } }';
  return `${last.instanceLocation.replace(/^#/, '') || 'the file'}: ${last.error}`;
}

/** Undefined: nobody knows a command for it. */
export function entryOf(name: string, definition: AgentDefinition | undefined): AgentEntry | undefined {
  const preset = AGENT_PRESETS[name];
  if (definition === undefined) return preset;
  const { command, prompt = 'stdin', env = {}, model = preset?.model, protocol = 'text', upstream } = definition;
  const target = preset?.relay ?? ANY_PROVIDER;
  const ofDefinition = {
    ...(model !== undefined && { model }),
    ...(upstream !== undefined && { relay: { ...target, upstream } }),
  };
  if (command !== undefined) return { command, prompt, env, protocol, minMemoryMb: 0, ...ofDefinition };
  return preset && { ...preset, env: { ...preset.env, ...env }, ...ofDefinition };
}

const ANY_PROVIDER = {
  keyHeader: 'authorization',
  allowed: [
    ['POST', '/*'],
    ['GET', '/*'],
  ],
} as const;

/** What a dispatch to it says before anything else is known. */
export function modelIdOf(name: string, definition?: AgentDefinition): string {
  return entryOf(name, definition)?.model ?? name;
}
