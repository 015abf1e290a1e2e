import type { AgentReader, Say } from './agent-reader.ts';

const MOST_FINAL_LINES = 40;

/** Every line is what it is; how it went is what the exit code says. */
export function textReader(say: Say): AgentReader {
  const last: string[] = [];
  return {
    line(text) {
      say('agent', 'info', text);
      if (text.trim() !== '') last.push(text);
      if (last.length > MOST_FINAL_LINES) last.shift();
    },
    end() {},
    verdict: { kind: 'success' },
    get finalText() {
      return last.length === 0 ? undefined : last.join('\n');
    },
    reportedUsage: undefined,
  };
}
