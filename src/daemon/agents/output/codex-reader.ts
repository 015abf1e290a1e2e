import type { AgentReader, AgentVerdict, ReportedUsage, Say } from './agent-reader.ts';
import { eventOf, fieldsAt, type JsonFields, listAt, numberAt, shortJson, textAt } from './json-events.ts';

/** `codex exec --json`. An item of type `error` is a warning only; `turn.failed` is the end. */
export function codexReader(say: Say): AgentReader {
  let verdict: AgentVerdict | undefined;
  let finalText: string | undefined;
  let reportedUsage: ReportedUsage | undefined;
  return {
    line(text) {
      const event = eventOf(text, say);
      if (event === undefined) return;
      switch (event.type) {
        case 'thread.started':
          return say('agent', 'info', `session ${textAt(event, 'thread_id')}`);
        case 'item.completed': {
          const item = fieldsAt(event, 'item');
          if (item.type === 'agent_message') finalText = textAt(item, 'text');
          return sayItem(item, say);
        }
        case 'error':
          return say('agent', 'warn', textAt(event, 'message'));
        case 'turn.completed': {
          const usage = fieldsAt(event, 'usage');
          verdict = { kind: 'success' };
          reportedUsage = {
            input_tokens: numberAt(usage, 'input_tokens'),
            output_tokens: numberAt(usage, 'output_tokens'),
          };
          return;
        }
        case 'turn.failed': {
          const message = textAt(fieldsAt(event, 'error'), 'message');
          verdict = { kind: 'error', message, status: statusIn(message) };
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
      return reportedUsage;
    },
  };
}

function sayItem(item: JsonFields, say: Say): void {
  switch (item.type) {
    case 'agent_message':
      return say('agent', 'info', textAt(item, 'text'));
    case 'reasoning':
      return say('agent', 'debug', textAt(item, 'text'));
    case 'command_execution': {
      const failed = numberAt(item, 'exit_code') !== 0;
      say('tool', failed ? 'warn' : 'info', `${textAt(item, 'command')} → ${numberAt(item, 'exit_code')}`);
      const output = textAt(item, 'aggregated_output').trim();
      return output === '' ? undefined : say('tool', 'debug', output);
    }
    case 'file_change':
      return say(
        'tool',
        'info',
        `changed ${listAt(item, 'changes')
          .map((change) => textAt(change, 'path'))
          .join(', ')}`,
      );
    case 'mcp_tool_call':
      return say('tool', 'info', `${textAt(item, 'server')}.${textAt(item, 'tool')}`);
    case 'error':
      return say('agent', 'warn', textAt(item, 'message'));
    default:
      return say('agent', 'debug', shortJson(item));
  }
}

/** `unexpected status 401 Unauthorized: …` */
export function statusIn(message: string): number | undefined {
  const found =
    /\bstatus(?: code)?:? (\d{3})\b/i.exec(message)?.[1] ?? /\b(401|403|404|429|5\d\d)\b/.exec(message)?.[1];
  return found === undefined ? undefined : Number(found);
}
