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

/** List prices of the models the contract names; an operator's table takes its place entry by entry. */
export const LIST_PRICES: PriceTable = {
  'claude-opus-4-5': { input: 5, output: 25, cachedInput: 0.5 },
  'claude-sonnet-4-5': { input: 3, output: 15, cachedInput: 0.3 },
  'claude-haiku-4-5': { input: 1, output: 5, cachedInput: 0.1 },
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
