import type { AgentProtocol } from '#protocol/agents/agent-presets.ts';
import type { AgentLogLine } from '#protocol/tools/agent-result.ts';
import { AcpDialogue } from './acp-dialogue.ts';
import { claudeReader } from './claude-reader.ts';
import { codexReader } from './codex-reader.ts';
import { geminiReader } from './gemini-reader.ts';
import { grokReader } from './grok-reader.ts';
import { opencodeReader } from './opencode-reader.ts';
import { textReader } from './text-reader.ts';

/** Turns what an agent writes to its standard output into lines for people, and remembers how it says it went. */
export interface AgentReader {
  /** A line as the agent wrote it, or a piece of one that was too long. */
  line(text: string): void;
  end(): void;
  /** How it says it went; undefined: it has not said. */
  readonly verdict: AgentVerdict | undefined;
  readonly finalText: string | undefined;
  readonly reportedUsage: ReportedUsage | undefined;
}

export type AgentVerdict =
  | { readonly kind: 'success' }
  /** `status` of HTTP, where the provider gave one. */
  | { readonly kind: 'error'; readonly message: string; readonly status?: number | undefined };

export interface ReportedUsage {
  readonly input_tokens: number;
  readonly output_tokens: number;
}

export type Say = (source: AgentLogLine['source'], level: AgentLogLine['level'], text: string) => void;

const READERS: Readonly<Record<AgentProtocol, (say: Say) => AgentReader>> = {
  text: textReader,
  claude: claudeReader,
  codex: codexReader,
  gemini: geminiReader,
  grok: grokReader,
  opencode: opencodeReader,
  acp: (say) => new AcpDialogue(say),
  // its events are not measured, so its exit code counts
  copilot: textReader,
};

export function readerFor(protocol: AgentProtocol, say: Say): AgentReader {
  return READERS[protocol](say);
}
