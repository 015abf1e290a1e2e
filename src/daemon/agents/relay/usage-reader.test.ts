import { expect, test } from 'vitest';
import { UsageReader } from './usage-reader.ts';

/** Each figure differs, so that two that are mixed up are found; pieces cut anywhere. */
const told = { input_tokens: 700, cache_read_tokens: 500, cache_write_tokens: 0, output_tokens: 34 };

const event = (value: object) => `event: x\ndata: ${JSON.stringify(value)}\n\n`;

test.each([
  [
    'Anthropic, events',
    'text/event-stream; charset=utf-8',
    event({
      type: 'message_start',
      message: { model: 'm-1', usage: { input_tokens: 700, cache_read_input_tokens: 500, output_tokens: 1 } },
    }) +
      event({ type: 'content_block_delta', delta: { text: '{"usage":{"output_tokens":999}}' } }) +
      event({ type: 'message_delta', usage: { output_tokens: 34 } }),
    0,
  ],
  [
    'Anthropic, one answer',
    'application/json',
    JSON.stringify({ model: 'm-1', usage: { input_tokens: 700, cache_read_input_tokens: 500, output_tokens: 34 } }),
    0,
  ],
  [
    'OpenAI responses',
    'text/event-stream',
    event({ type: 'response.created', response: { model: 'm-1', usage: null } }) +
      event({
        type: 'response.completed',
        response: {
          model: 'm-1',
          usage: {
            ...{ input_tokens: 1200, input_tokens_details: { cached_tokens: 500 }, output_tokens: 34 },
            output_tokens_details: { reasoning_tokens: 5 },
          },
        },
      }),
    5,
  ],
  [
    'OpenAI chat',
    'text/event-stream',
    `${event({ model: 'm-1', choices: [] })}${event({
      model: 'm-1',
      usage: {
        ...{ prompt_tokens: 1200, prompt_tokens_details: { cached_tokens: 500 }, completion_tokens: 34 },
        completion_tokens_details: { reasoning_tokens: 5 },
      },
    })}data: [DONE]\n\n`,
    5,
  ],
  [
    'Google',
    'text/event-stream',
    event({ modelVersion: 'm-1', usageMetadata: { promptTokenCount: 1200 } }) +
      event({
        modelVersion: 'm-1',
        usageMetadata: {
          promptTokenCount: 1200,
          cachedContentTokenCount: 500,
          candidatesTokenCount: 29,
          thoughtsTokenCount: 5,
        },
      }),
    5,
  ],
])('%s', (_provider, contentType, answer, reasoning) => {
  for (const size of [1, 7, answer.length]) {
    const reader = new UsageReader(contentType);
    for (let at = 0; at < answer.length; at += size) reader.push(answer.slice(at, at + size));
    expect(reader.end()).toEqual({ model: 'm-1', tokens: { ...told, reasoning_tokens: reasoning } });
  }
});

test.each(['', 'no JSON', '{"usage":null}', '[1,null]', 'data: {'])('an answer that tells nothing: %j', (answer) => {
  for (const type of ['application/json', 'text/event-stream']) {
    const reader = new UsageReader(type);
    reader.push(answer);
    expect(reader.end()).toBeUndefined();
  }
});
