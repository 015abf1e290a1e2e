import type { Usage } from './dispatch.ts';

/** US dollars for a million tokens. */
export interface ModelPrice {
  readonly input: number;
  readonly output: number;
  /** The price of tokens that came from a cache. Default: the price of input. */
  readonly cachedInput?: number;
}

/** By the beginning of a model's name; the longest that fits counts. */
export type PriceTable = Readonly<Record<string, ModelPrice>>;

/**
 * List prices of the models that the presets name and the providers publish a price of; an operator's table takes its place
 * entry by entry. Where a provider asks for more beyond a length of the prompt, it is the price below that length: Gemini
 * doubles it for the input of prompts beyond 200,000 tokens. `grok-4.1` has none under that name.
 */
export const LIST_PRICES: PriceTable = {
  'claude-opus-4-5': { input: 5, output: 25, cachedInput: 0.5 },
  'claude-sonnet-4-5': { input: 3, output: 15, cachedInput: 0.3 },
  'claude-haiku-4-5': { input: 1, output: 5, cachedInput: 0.1 },
  'gpt-5.2-codex': { input: 1.75, output: 14, cachedInput: 0.175 },
  'gemini-3-pro-preview': { input: 2, output: 12, cachedInput: 0.2 },
  'gemini-3.1-pro-preview': { input: 2, output: 12, cachedInput: 0.2 },
};

/** Null where a model has no price, or nothing was counted: an unknown cost is no cost of nothing. */
export function costOf(usage: Usage | null, prices: PriceTable): number | null {
  if (usage === null || usage.models.length === 0) return null;
  let total = 0;
  for (const { model, inputTokens, cachedInputTokens, outputTokens } of usage.models) {
    const price = priceOf(model, prices);
    if (price === undefined) return null;
    total +=
      inputTokens * price.input + cachedInputTokens * (price.cachedInput ?? price.input) + outputTokens * price.output;
  }
  return Math.round(total) / 1_000_000;
}

function priceOf(model: string, prices: PriceTable): ModelPrice | undefined {
  const [name] = Object.keys(prices)
    .filter((beginning) => model.startsWith(beginning))
    .sort((a, b) => b.length - a.length);
  return name === undefined ? undefined : prices[name];
}
