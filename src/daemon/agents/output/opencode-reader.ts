import type { AgentReader, AgentVerdict, Say } from './agent-reader.ts';
import { statusIn } from './codex-reader.ts';
import { eventOf, fieldsAt, numberAt, shortJson, textAt } from './json-events.ts';

/** `run --format json`. Its steps each tell what they used; the last of them ends with `stop`. */
export function opencodeReader(say: Say): AgentReader {
  let verdict: AgentVerdict | undefined;
  let finalText: string | undefined;
  const usage = { input_tokens: 0, output_tokens: 0 };
  return {
    line(text) {
      const event = eventOf(text, say);
      if (event === undefined) return;
      const part = fieldsAt(event, 'part');
      switch (event.type) {
        case 'text':
          finalText = textAt(part, 'text') || finalText;
          return say('agent', 'info', textAt(part, 'text'));
        case 'tool_use':
          return say('tool', 'info', `${textAt(part, 'tool')} ${shortJson(fieldsAt(part, 'state').input)}`);
        case 'error': {
          const message = shortJson(event.error);
          verdict = { kind: 'error', message, status: statusIn(message) };
          return say('agent', 'error', message);
        }
        case 'step_finish': {
          const tokens = fieldsAt(part, 'tokens');
          usage.input_tokens += numberAt(tokens, 'input') + numberAt(fieldsAt(tokens, 'cache'), 'read');
          usage.output_tokens += numberAt(tokens, 'output') + numberAt(tokens, 'reasoning');
          if (verdict?.kind !== 'error') verdict = { kind: 'success' };
        }
      }
    },
    end() {},
    get verdict() {
      return verdict;
    },
    get finalText() {
      return finalText;
    },
    get reportedUsage() {
      return usage.input_tokens + usage.output_tokens === 0 ? undefined : usage;
    },
  };
}
