import type { ModelUsage } from '#protocol/tools/agent-result.ts';
import { fieldsAt, isFields, type JsonFields, numberAt, textAt } from '../output/json-events.ts';

type Tokens = Omit<ModelUsage, 'model' | 'requests'>;

/** The most that is read of a whole answer that is no stream of events, or of one event. */
const MOST_CHARACTERS = 8 * 1024 * 1024;
const NONE: Tokens = {
  input_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  output_tokens: 0,
  reasoning_tokens: 0,
};

/**
 * Reads what one answer of a provider used, from the answer itself: events (`data: {…}`) or one JSON value, in the forms of
 * Anthropic, OpenAI (responses and chat) and Google. Figures of a later event take the place of those before: providers tell
 * totals of the answer so far.
 */
export class UsageReader {
  readonly #isEvents: boolean;
  #text = '';
  #model = '';
  #tokens: Tokens | undefined;

  constructor(contentType: string) {
    this.#isEvents = contentType.includes('event-stream');
  }

  push(piece: string): void {
    this.#text += piece;
    if (!this.#isEvents) {
      this.#text = this.#text.slice(0, MOST_CHARACTERS);
      return;
    }
    const lines = this.#text.split('\n');
    this.#text = (lines.pop() ?? '').slice(0, MOST_CHARACTERS);
    for (const line of lines) this.#line(line);
  }

  /** Undefined where the answer does not tell. */
  end(): { readonly model: string; readonly tokens: Tokens } | undefined {
    if (this.#isEvents) this.#line(this.#text);
    else this.#take(this.#text);
    this.#text = '';
    return this.#tokens === undefined ? undefined : { model: this.#model, tokens: this.#tokens };
  }

  #line(line: string): void {
    if (line.startsWith('data:')) this.#take(line.slice('data:'.length));
  }

  #take(json: string): void {
    const value = parse(json);
    for (const one of Array.isArray(value) ? value : [value]) if (isFields(one)) this.#event(one);
  }

  #event(event: JsonFields): void {
    const inner = isFields(event.message) ? event.message : isFields(event.response) ? event.response : event;
    this.#model = textAt(inner, 'model') || textAt(inner, 'modelVersion') || this.#model;
    const told = isFields(inner.usage) ? inner.usage : isFields(event.usage) ? event.usage : undefined;
    if (told !== undefined) this.#tokens = tokensOf(told, this.#tokens ?? NONE);
    if (isFields(inner.usageMetadata)) this.#tokens = tokensOfGoogle(inner.usageMetadata);
  }
}

function tokensOf(usage: JsonFields, before: Tokens): Tokens {
  if ('prompt_tokens' in usage || 'completion_tokens' in usage) return tokensOfChat(usage);
  if (isFields(usage.input_tokens_details) || isFields(usage.output_tokens_details)) return tokensOfResponses(usage);
  return {
    input_tokens: numberAt(usage, 'input_tokens') || before.input_tokens,
    cache_read_tokens: numberAt(usage, 'cache_read_input_tokens') || before.cache_read_tokens,
    cache_write_tokens: numberAt(usage, 'cache_creation_input_tokens') || before.cache_write_tokens,
    output_tokens: numberAt(usage, 'output_tokens') || before.output_tokens,
    reasoning_tokens: before.reasoning_tokens,
  };
}

/** What came from the cache is counted in the input there. */
function tokensOfResponses(usage: JsonFields): Tokens {
  const cached = numberAt(fieldsAt(usage, 'input_tokens_details'), 'cached_tokens');
  return {
    input_tokens: Math.max(0, numberAt(usage, 'input_tokens') - cached),
    cache_read_tokens: cached,
    cache_write_tokens: 0,
    output_tokens: numberAt(usage, 'output_tokens'),
    reasoning_tokens: numberAt(fieldsAt(usage, 'output_tokens_details'), 'reasoning_tokens'),
  };
}

function tokensOfChat(usage: JsonFields): Tokens {
  const cached = numberAt(fieldsAt(usage, 'prompt_tokens_details'), 'cached_tokens');
  return {
    input_tokens: Math.max(0, numberAt(usage, 'prompt_tokens') - cached),
    cache_read_tokens: cached,
    cache_write_tokens: 0,
    output_tokens: numberAt(usage, 'completion_tokens'),
    reasoning_tokens: numberAt(fieldsAt(usage, 'completion_tokens_details'), 'reasoning_tokens'),
  };
}

function tokensOfGoogle(usage: JsonFields): Tokens {
  const cached = numberAt(usage, 'cachedContentTokenCount');
  const thoughts = numberAt(usage, 'thoughtsTokenCount');
  return {
    input_tokens: Math.max(0, numberAt(usage, 'promptTokenCount') - cached),
    cache_read_tokens: cached,
    cache_write_tokens: 0,
    output_tokens: numberAt(usage, 'candidatesTokenCount') + thoughts,
    reasoning_tokens: thoughts,
  };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // `[DONE]`, or an answer that broke off
  }
}
