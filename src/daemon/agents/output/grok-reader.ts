import type { AgentReader, AgentVerdict, ReportedUsage, Say } from './agent-reader.ts';
import { statusIn } from './codex-reader.ts';
import { eventOf, fieldsAt, type JsonFields, numberAt, Pieces, shortJson, textAt } from './json-events.ts';

/** `--output-format streaming-json`. Only `end_turn` is a success: a tool that was not approved ends with exit code 0, too. */
export function grokReader(say: Say): AgentReader {
  const pieces = new Pieces((line) => say('agent', 'info', line));
  let verdict: AgentVerdict | undefined;
  let reportedUsage: ReportedUsage | undefined;
  return {
    line(text) {
      const event = eventOf(text, say);
      if (event === undefined) return;
      switch (event.type) {
        case 'text':
          return pieces.push(textAt(event, 'data') || textAt(event, 'text'));
        case 'tool_call':
          pieces.restart();
          return say('tool', 'info', titleOf(event));
        case 'error': {
          const message = textAt(event, 'message');
          verdict = { kind: 'error', message, status: statusIn(message) };
          return say('agent', 'error', message);
        }
        case 'end': {
          pieces.flush();
          const usage = fieldsAt(event, 'usage');
          const input = numberAt(usage, 'input_tokens') + numberAt(usage, 'cache_read_input_tokens');
          reportedUsage = { input_tokens: input, output_tokens: numberAt(usage, 'output_tokens') };
          const reason = textAt(event, 'stopReason');
          verdict ??= reason === 'end_turn' ? { kind: 'success' } : { kind: 'error', message: `it stopped: ${reason}` };
        }
      }
    },
    end: () => pieces.flush(),
    get verdict() {
      return verdict;
    },
    get finalText() {
      return pieces.text === '' ? undefined : pieces.text;
    },
    get reportedUsage() {
      return reportedUsage;
    },
  };
}

function titleOf(event: JsonFields): string {
  const call = fieldsAt(event, 'data');
  return textAt(event, 'title') || textAt(call, 'title') || shortJson(event.data ?? event);
}
