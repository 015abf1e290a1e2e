import type { AgentReader, AgentVerdict, ReportedUsage, Say } from './agent-reader.ts';
import { statusIn } from './codex-reader.ts';
import { eventOf, fieldsAt, numberAt, Pieces, shortJson, textAt } from './json-events.ts';

/** `--output-format stream-json`. It exits with 0 when a signal ends it, and has no `result` then. */
export function geminiReader(say: Say): AgentReader {
  const pieces = new Pieces((line) => say('agent', 'info', line));
  let verdict: AgentVerdict | undefined;
  let reportedUsage: ReportedUsage | undefined;
  return {
    line(text) {
      const event = eventOf(text, say);
      if (event === undefined) return;
      switch (event.type) {
        case 'init':
          return say('agent', 'info', `session ${textAt(event, 'session_id')}, model ${textAt(event, 'model')}`);
        case 'message':
          return event.role === 'assistant' ? pieces.push(textAt(event, 'content')) : undefined;
        case 'tool_use':
          pieces.flush();
          return say('tool', 'info', `${textAt(event, 'tool_name')} ${shortJson(event.parameters)}`);
        case 'tool_result':
          pieces.restart();
          return say('tool', event.status === 'error' ? 'warn' : 'debug', shortJson(event.output ?? event.error));
        case 'error':
          return say('agent', 'warn', textAt(event, 'message') || shortJson(event));
        case 'result': {
          pieces.flush();
          const stats = fieldsAt(event, 'stats');
          reportedUsage = {
            input_tokens: numberAt(stats, 'input_tokens'),
            output_tokens: numberAt(stats, 'output_tokens'),
          };
          const message = textAt(fieldsAt(event, 'error'), 'message') || 'it ended with an error';
          verdict =
            event.status === 'success' ? { kind: 'success' } : { kind: 'error', message, status: statusIn(message) };
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
