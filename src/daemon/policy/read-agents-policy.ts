import { NETWORK_MODES, type NetworkMode } from '#protocol/tools/agent-run.ts';
import type { AgentsPolicy } from './policy.ts';

const LISTS = ['allow', 'deny', 'hosts'] as const;
const KEYS: readonly string[] = [...LISTS, 'networks', 'definitions', 'slots'];
const MOST_SLOTS = 64;

/** The key `agents` of the policy file. @throws where it cannot be understood */
export function agentsPolicyOf(content: unknown): AgentsPolicy {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) throw new Error('agents is a mapping');
  const fields = content as Readonly<Record<string, unknown>>; // checked on the line above
  const unknown = Object.keys(fields).filter((key) => !KEYS.includes(key));
  if (unknown.length > 0)
    throw new Error(`agents has unknown keys (${unknown.join(', ')}); known are ${KEYS.join(', ')}`);
  const [allow, deny, hosts] = LISTS.map((key) => listOf(key, fields[key]));
  const networks = networksOf(fields.networks);
  const definitions = switchOf('definitions', fields.definitions);
  const { slots } = fields;
  if (slots !== undefined && !(Number.isInteger(slots) && Number(slots) >= 0 && Number(slots) <= MOST_SLOTS))
    throw new Error(`agents.slots has to be a number from 0 to ${MOST_SLOTS}`);
  return {
    ...(allow !== undefined && { allow }),
    ...(deny !== undefined && { deny }),
    ...(hosts !== undefined && { hosts }),
    ...(networks !== undefined && { networks }),
    ...(definitions !== undefined && { allowsDefinitions: definitions }),
    ...(slots !== undefined && { slots: Number(slots) }),
  };
}

function listOf(key: string, value: unknown): string[] | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new Error(`agents.${key} has to be a list of texts`);
}

function networksOf(value: unknown): NetworkMode[] | undefined {
  const modes: readonly string[] = NETWORK_MODES;
  const listed = listOf('networks', value);
  const wrong = listed?.find((mode) => !modes.includes(mode));
  if (wrong !== undefined) throw new Error(`agents.networks has ${wrong}; there are ${modes.join(', ')}`);
  return listed as NetworkMode[] | undefined; // each was looked up
}

function switchOf(key: string, value: unknown): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw new Error(`agents.${key} has to be true or false`);
}
