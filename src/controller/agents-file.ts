import { readFileSync } from 'node:fs';
import type { ConfiguredAgent } from '#core/dispatches/agents.ts';
import { LIST_PRICES, type ModelPrice, type PriceTable } from '#core/dispatches/prices.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { agentsOf, modelIdOf } from '#protocol/agents/agents-file.ts';

/** The agents of `GARRISON_AGENTS`, as far as a controller asks. @throws FleetError `invalid` naming the file and what is wrong */
export async function readConfiguredAgents(file: string | undefined): Promise<ConfiguredAgent[]> {
  if (file === undefined) return [];
  const content = await readYaml(file);
  try {
    return Object.entries(agentsOf(content)).map(([name, definition]) => ({
      name,
      model: modelIdOf(name, definition),
    }));
  } catch (error) {
    throw unreadable(file, error instanceof Error ? error.message : 'it cannot be read');
  }
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
