import type { AgentReader, AgentVerdict, ReportedUsage, Say } from './agent-reader.ts';
import { eventOf, fieldsAt, type JsonFields, listAt, numberAt, shortJson, textAt } from './json-events.ts';

/** `--output-format stream-json`. An error carries `subtype: "success"`: what counts is `is_error`. */
export function claudeReader(say: Say): AgentReader {
  let verdict: AgentVerdict | undefined;
  let finalText: string | undefined;
  let reportedUsage: ReportedUsage | undefined;
  return {
    line(text) {
      const event = eventOf(text, say);
      if (event === undefined) return;
      switch (event.type) {
        case 'system':
          return saySystem(event, say);
        case 'assistant':
          return sayContent(event, say);
        case 'user':
          return sayResults(event, say);
        case 'result':
          finalText = textAt(event, 'result') || finalText;
          reportedUsage = usageOf(fieldsAt(event, 'usage'));
          verdict = verdictOf(event);
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

function saySystem(event: JsonFields, say: Say): void {
  if (event.subtype === 'init')
    say('agent', 'info', `session ${textAt(event, 'session_id')}, model ${textAt(event, 'model')}`);
  else if (event.subtype === 'api_retry') say('agent', 'warn', `the provider is asked again: ${shortJson(event)}`);
}

function sayContent(event: JsonFields, say: Say): void {
  for (const part of listAt(fieldsAt(event, 'message'), 'content')) {
    if (part.type === 'text') say('agent', 'info', textAt(part, 'text'));
    if (part.type === 'tool_use') say('tool', 'info', `${textAt(part, 'name')} ${shortJson(part.input)}`);
  }
}

function sayResults(event: JsonFields, say: Say): void {
  for (const part of listAt(fieldsAt(event, 'message'), 'content')) {
    if (part.type !== 'tool_result') continue;
    say('tool', part.is_error === true ? 'warn' : 'debug', shortJson(part.content));
  }
}

function usageOf(usage: JsonFields): ReportedUsage {
  const cached = numberAt(usage, 'cache_read_input_tokens') + numberAt(usage, 'cache_creation_input_tokens');
  return { input_tokens: numberAt(usage, 'input_tokens') + cached, output_tokens: numberAt(usage, 'output_tokens') };
}

function verdictOf(event: JsonFields): AgentVerdict {
  const subtype = textAt(event, 'subtype');
  if (event.is_error !== true && subtype === 'success') return { kind: 'success' };
  const status = numberAt(event, 'api_error_status') || undefined;
  return { kind: 'error', message: textAt(event, 'result') || subtype || 'it ended with an error', status };
}
