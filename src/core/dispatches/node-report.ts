/** What a node tells of a dispatch while it runs (lines of standard error) and at its end (the result), read and bounded. */
import type { JudgedResult, Usage } from './dispatch.ts';

export interface NodeProgress {
  readonly phase: 'pending' | 'provisioning' | 'running' | 'completing';
  readonly percent: number;
}

const PHASES: readonly string[] = ['pending', 'provisioning', 'running', 'completing'];

/** The newest line that can be read; a tail begins in the middle of one. */
export function readProgress(tail: Buffer | null): NodeProgress | undefined {
  for (const line of (tail?.toString('utf8') ?? '').split('\n').reverse()) {
    const told = parse(line);
    if (typeof told?.phase === 'string' && PHASES.includes(told.phase))
      return { phase: told.phase as NodeProgress['phase'], percent: percentOf(told.percent) }; // one of them, by the line above
  }
  return undefined;
}

export interface NodeResult {
  readonly outcome: 'success' | 'failed' | 'timeout' | 'cancelled' | 'interrupted' | undefined;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly usage: Usage | null;
  readonly workspaceBytes: number | null;
  readonly judgement: JudgedResult | null;
}

const OUTCOMES: readonly unknown[] = ['success', 'failed', 'timeout', 'cancelled', 'interrupted'];

export function readResult(result: unknown): NodeResult {
  const told = record(result);
  const error = record(told.error);
  const outcome = OUTCOMES.includes(told.outcome) ? (told.outcome as NodeResult['outcome']) : undefined; // one of them
  const isError = typeof error.code === 'string' && typeof error.message === 'string';
  return {
    outcome,
    error: isError ? { code: String(error.code), message: String(error.message) } : null,
    usage: Array.isArray(told.usage) ? readUsage(told.usage, told) : null,
    workspaceBytes: count(record(told.workspace).size_bytes),
    judgement: told.judgement ? readJudgement(record(told.judgement)) : null,
  };
}

const JUDGE_SAYS_CHARACTERS = 4_096;

function readJudgement({ exit_code, score, output, duration_ms }: Readonly<Record<string, unknown>>): JudgedResult {
  return {
    exitCode: count(exit_code),
    score: typeof score === 'number' && Number.isFinite(score) ? score : null,
    output: typeof output === 'string' ? output.slice(-JUDGE_SAYS_CHARACTERS) : '',
    durationMs: count(duration_ms),
  };
}

function readUsage(models: readonly unknown[], told: Readonly<Record<string, unknown>>): Usage {
  const read = models.slice(0, 100).map((one) => {
    const { model, requests, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens } = record(one);
    return {
      model: String(model ?? ''),
      calls: count(requests) ?? 0,
      inputTokens: (count(input_tokens) ?? 0) + (count(cache_write_tokens) ?? 0),
      cachedInputTokens: count(cache_read_tokens) ?? 0,
      outputTokens: count(output_tokens) ?? 0,
    };
  });
  return {
    models: read,
    modelCalls: read.reduce((sum, { calls }) => sum + calls, 0),
    durationMs: count(told.agent_ms) ?? count(told.duration_ms),
    cpuMs: count(told.cpu_ms),
  };
}

function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

function percentOf(value: unknown): number {
  return typeof value === 'number' && value >= 0 ? Math.min(99, Math.floor(value)) : 0;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return record(JSON.parse(line));
  } catch {
    return undefined;
  }
}
