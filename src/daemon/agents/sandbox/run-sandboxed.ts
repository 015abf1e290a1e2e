import { setTimeout as delay } from 'node:timers/promises';
import type { SandboxSpec } from './sandbox-spec.ts';
import { type OutputTarget, type SandboxPlace, startSandboxed } from './start-sandboxed.ts';

export interface ProgramEnd {
  readonly code: number;
  /** The last of what it said. */
  readonly stdout: string;
  readonly stderr: string;
  readonly wasStopped: boolean;
}

export interface RunLimits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Where its output goes instead. */
  readonly stdout?: number | undefined;
}

const KEPT_BYTES = 256 * 1024;
const GRACE_MS = 1000;

/** One command in a sandbox, to its end. */
export async function runSandboxed(spec: SandboxSpec, place: SandboxPlace, limits: RunLimits): Promise<ProgramEnd> {
  const stdout: OutputTarget = limits.stdout ?? 'pipe';
  const started = await startSandboxed(spec, place, { stdout, stderr: 'pipe' });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    started[name]?.setEncoding('utf8').on('data', (text: string) => {
      said[name] = (said[name] + text).slice(-KEPT_BYTES);
    });
  }
  const closed = Promise.all(
    [started.stdout, started.stderr].map((stream) => stream && new Promise((resolve) => stream.once('close', resolve))),
  );
  const timer = new AbortController();
  const stopped = Promise.race([
    delay(limits.timeoutMs, true, { signal: timer.signal, ref: false }).catch(() => false),
    abortOf(limits.signal, timer.signal),
  ]);
  const wasStopped = await Promise.race([started.exited.then(() => false), stopped]);
  if (wasStopped) await started.end(GRACE_MS);
  const { code } = await started.exited;
  timer.abort();
  await Promise.race([closed, delay(GRACE_MS, undefined, { ref: false })]);
  return { code, ...said, wasStopped };
}

function abortOf(signal: AbortSignal | undefined, over: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve(true);
    signal?.addEventListener('abort', () => resolve(true), { once: true, signal: over });
  });
}
