import { expect, test } from 'vitest';
import type { Usage } from './dispatch.ts';
import { costOf, LIST_PRICES } from './prices.ts';

const used = (...models: [model: string, input: number, cached: number, output: number][]): Usage => ({
  ...{ modelCalls: models.length, durationMs: null, cpuMs: null },
  models: models.map(([model, inputTokens, cachedInputTokens, outputTokens]) => ({
    ...{ model, inputTokens, cachedInputTokens, outputTokens, calls: 1 },
  })),
});

test.each<[string, Usage | null, number | null]>([
  ['a model under its dated name', used(['claude-opus-4-5-20251101', 1_000_000, 0, 0]), 5],
  ['what came from a cache at its own price', used(['gpt-5.2-codex', 0, 1_000_000, 1_000_000]), 14.175],
  ['several models together', used(['gemini-3-pro-preview', 500_000, 0, 0], ['claude-haiku-4-5', 0, 0, 200_000]), 2],
  ['a model without a price beside one that has one', used(['grok-4.1', 1, 0, 0], ['gpt-5.2-codex', 1, 0, 0]), null],
  ['nothing that was counted', used(), null],
  ['no usage', null, null],
])('the cost of %s', (_, usage, cost) => {
  expect(costOf(usage, LIST_PRICES)).toBe(cost);
});
