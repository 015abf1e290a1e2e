import type { ModelUsage } from '#protocol/tools/agent-result.ts';
import type { AgentRunArgs } from '#protocol/tools/agent-run.ts';
import type { UsageReader } from './usage-reader.ts';

type Told = NonNullable<ReturnType<UsageReader['end']>>;

export interface AddedBudget {
  readonly tokens: number;
  readonly requests: number;
}

/** What a run has used, by model, and whether that is what it may. */
export class UsageMeter {
  readonly #budget: NonNullable<AgentRunArgs['budget']>;
  readonly #models = new Map<string, ModelUsage>();
  #requests = 0;
  /** What was given beyond the budget since. */
  #added: AddedBudget = { tokens: 0, requests: 0 };

  constructor(budget: AgentRunArgs['budget']) {
    this.#budget = budget ?? {};
  }

  get usage(): readonly ModelUsage[] {
    return [...this.#models.values()];
  }

  /** Why no further request is let through; undefined: there is room. */
  get spent(): string | undefined {
    const { added } = this;
    const requests = plus(this.#budget.requests, added.requests);
    const tokens = plus(this.#budget.tokens, added.tokens);
    if (requests !== undefined && this.#requests >= requests)
      return `it has made the ${requests} requests of its budget`;
    const used = this.usage.reduce((sum, one) => sum + tokensOf(one), 0);
    if (tokens !== undefined && used >= tokens) return `it has used ${used} tokens, and its budget is ${tokens}`;
    return undefined;
  }

  get added(): AddedBudget {
    return this.#added;
  }

  /** All that was given beyond the budget so far. */
  raiseTo(added: AddedBudget): void {
    this.#added = added;
  }

  requestIsMade(): void {
    this.#requests += 1;
  }

  add({ model, tokens }: Told): void {
    const name = model === '' ? 'unknown' : model;
    const before = this.#models.get(name);
    this.#models.set(name, {
      model: name,
      requests: (before?.requests ?? 0) + 1,
      input_tokens: (before?.input_tokens ?? 0) + tokens.input_tokens,
      cache_read_tokens: (before?.cache_read_tokens ?? 0) + tokens.cache_read_tokens,
      cache_write_tokens: (before?.cache_write_tokens ?? 0) + tokens.cache_write_tokens,
      output_tokens: (before?.output_tokens ?? 0) + tokens.output_tokens,
      reasoning_tokens: (before?.reasoning_tokens ?? 0) + tokens.reasoning_tokens,
    });
  }
}

/** What has no bound has none with more either. */
function plus(bound: number | undefined, added: number): number | undefined {
  return bound === undefined ? undefined : bound + added;
}

function tokensOf(usage: ModelUsage): number {
  return usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens + usage.output_tokens;
}
