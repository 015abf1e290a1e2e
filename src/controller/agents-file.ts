import { readFileSync } from 'node:fs';
import type { ConfiguredAgent } from '#core/dispatches/agents.ts';
import { LIST_PRICES, type ModelPrice, type PriceTable } from '#core/dispatches/prices.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';

const NAME = /^[a-z][a-z0-9_-]{0,63}$/;

/**
 * The agents of `GARRISON_AGENTS`, as far as a controller asks: their names and models. The daemon reads the rest of the file.
 * @throws FleetError `invalid` naming the file and what is wrong
 */
export async function readConfiguredAgents(file: string | undefined): Promise<ConfiguredAgent[]> {
  if (file === undefined) return [];
  const { agents } = record(await readYaml(file));
  if (!isRecord(agents)) throw unreadable(file, 'it has no map "agents"');
  return Object.entries(agents).map(([name, entry]) => readAgent(file, name, entry));
}

function readAgent(file: string, name: string, entry: unknown): ConfiguredAgent {
  if (!NAME.test(name)) throw unreadable(file, `"${name}" is no name of an agent: small letters, digits, - and _`);
  const { command, model } = record(entry);
  if (!Array.isArray(command) || command.length === 0 || !command.every((part) => typeof part === 'string'))
    throw unreadable(file, `${name}.command must be a list of texts, the program first`);
  if (model !== undefined && (typeof model !== 'string' || model === ''))
    throw unreadable(file, `${name}.model must be a text`);
  return { name, model };
}

/** List prices, with those of the file in their place. @throws FleetError `invalid` */
export async function readPrices(file: string | undefined): Promise<PriceTable> {
  if (file === undefined) return LIST_PRICES;
  const entries = Object.entries(record(await readYaml(file))).map(
    ([model, price]) => [model, readPrice(file, model, price)] as const,
  );
  return { ...LIST_PRICES, ...Object.fromEntries(entries) };
}

function readPrice(file: string, model: string, told: unknown): ModelPrice {
  const { input, output, cachedInput } = record(told);
  if (!isPrice(input) || !isPrice(output) || (cachedInput !== undefined && !isPrice(cachedInput)))
    throw unreadable(file, `${model} needs input and output, numbers of US dollars for a million tokens`);
  return { input, output, ...(cachedInput !== undefined && { cachedInput }) };
}

async function readYaml(file: string): Promise<unknown> {
  const { parse } = await import('#runtime/yaml.ts');
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw unreadable(file, error instanceof Error ? error.message : 'it cannot be read');
  }
}

function isPrice(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function unreadable(file: string, problem: string): FleetError {
  return new FleetError('invalid', `${file}: ${problem}`);
}
