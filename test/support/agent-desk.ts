/** A host with agents in a directory of its own, which runs `agent.run` as a daemon would, without a controller. */
import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { newId } from '#core/kernel/ids.ts';
import { AgentHost, type AgentHostOptions } from '#daemon/agents/agent-host.ts';
import type { StopReason, ToolEnding, ToolIo } from '#daemon/executions/executor.ts';
import { readFacts } from '#daemon/facts/read-facts.ts';
import { openPolicy, type Policy } from '#daemon/policy/policy.ts';
import { DetachedExecutions } from '#daemon/tools/detached/detached-executions.ts';
import { hangGuard } from '#daemon/tools/hangs/hang-guard.ts';
import { hostExecutor } from '#daemon/tools/host-executor.ts';
import { OutputPipes } from '#daemon/tools/processes/output-pipes.ts';
import type { ToolHost } from '#daemon/tools/tool-context.ts';
import { FileReceipt } from '#protocol/gen/garrison/node/v1/node.ts';
import { sealingKeyOf, sealToNode } from '#protocol/sealing/seal-to-node.ts';
import type { AgentLogLine, AgentProgressLine, AgentResult } from '#protocol/tools/agent-result.ts';
import type { AgentDefinition, AgentRunArgs, SealedPayload } from '#protocol/tools/agent-run.ts';
import { silentLog } from '#runtime/log.ts';
import { noFiles } from './no-files.ts';

/** Without it no agent runs, and tests of agents are skipped. */
export const hasBubblewrap =
  spawnSync('bwrap', ['--unshare-user', '--unshare-pid', '--ro-bind', '/', '/', '/bin/true']).status === 0;

export interface DeskOptions {
  /** Name → a script of sh, its own agent. */
  readonly scripts?: Readonly<Record<string, string>>;
  readonly definitions?: Readonly<Record<string, AgentDefinition>>;
  readonly policy?: Policy;
  readonly host?: Partial<AgentHostOptions>;
}

export interface Ran extends ToolEnding {
  readonly result: AgentResult;
  readonly log: readonly AgentLogLine[];
  readonly steps: readonly AgentProgressLine[];
  /** Name → content, as they were uploaded. */
  readonly artifacts: Readonly<Record<string, Buffer>>;
  /** All of the two streams, as they were written. */
  readonly output: string;
}

export class AgentDesk {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'garrison-agents-')));
  readonly agents: AgentHost;
  readonly #host: ToolHost;
  readonly #pipes: OutputPipes;
  readonly #guard = hangGuard([]);
  readonly #key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();

  constructor({ scripts = {}, definitions = {}, policy = openPolicy, host = {} }: DeskOptions = {}) {
    chmodSync(this.directory, 0o755);
    for (const name of ['state', 'repositories', 'programs']) mkdirSync(join(this.directory, name));
    chmodSync(join(this.directory, 'state'), 0o700);
    const own = Object.entries(scripts).map(([name, script]): [string, AgentDefinition] => {
      const file = join(this.directory, 'programs', name);
      writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      return [name, { command: [file] }];
    });
    this.agents = new AgentHost({
      policy,
      path: process.env.PATH ?? '/usr/bin:/bin',
      definitions: { ...Object.fromEntries(own), ...definitions },
      runtimeDir: join(this.directory, 'state'),
      directory: join(this.directory, 'agents'),
      gitBaseUrl: this.baseUrl,
      privateKeys: () => [this.#key],
      log: silentLog,
      ...host,
    });
    this.#pipes = new OutputPipes(join(this.directory, 'state', 'pipes'));
    this.#host = {
      policy,
      pipes: this.#pipes,
      ...this.#guard,
      detached: new DetachedExecutions(join(this.directory, 'state', 'detached')),
      runtimeDir: join(this.directory, 'state'),
      closedPaths: [join(this.directory, 'state')],
      environment: { PATH: process.env.PATH },
      facts: () => readFacts({ labels: {}, programs: [], policy, path: '/usr/bin:/bin' }),
      agents: this.agents,
      serviceManager: () => undefined,
      updates: undefined,
    };
  }

  get baseUrl(): string {
    return `file://${join(this.directory, 'repositories')}`;
  }

  /** A repository of one commit on `main`, as `owner/name` below the base. */
  repository(name: string, files: Readonly<Record<string, string>>): string {
    const work = join(this.directory, 'repositories', name);
    mkdirSync(work, { recursive: true });
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(work, path)), { recursive: true });
      writeFileSync(join(work, path), content);
    }
    git(work, 'init', '--quiet', '--initial-branch', 'main');
    git(work, 'add', '--all');
    git(work, 'commit', '--quiet', '--allow-empty', '--message', 'first');
    return work;
  }

  seal(payload: SealedPayload, about: string): string {
    return sealToNode(sealingKeyOf(this.#key), JSON.stringify(payload), about);
  }

  /** @param onLine is told every line of the log, and may stop the run */
  async run(
    args: { readonly [Name in keyof AgentRunArgs]?: unknown },
    {
      onLine,
      timeoutMs,
    }: {
      readonly onLine?: (line: AgentLogLine, stop: (reason: StopReason) => void) => void;
      readonly timeoutMs?: number;
    } = {},
  ): Promise<Ran> {
    await this.agents.start();
    const executionId = newId();
    const abort = new AbortController();
    const stop = (reason: StopReason) => abort.abort(reason);
    const written: Record<1 | 2, string> = { 1: '', 2: '' };
    const artifacts: Record<string, Buffer> = {};
    const io: ToolIo = {
      signal: abort.signal,
      started: () => {
        if (timeoutMs !== undefined)
          setTimeout(() => stop({ kind: 'timed_out', afterMs: timeoutMs }), timeoutMs).unref();
      },
      write: (stream, data) => {
        written[stream] += data.toString();
        if (stream === 1) onLine?.(JSON.parse(data.toString()), stop);
        return true;
      },
      ready: () => Promise.resolve(),
      files: {
        upload: async ({ name, open }) => {
          const pieces: Uint8Array[] = [];
          for await (const piece of open()) pieces.push(piece);
          artifacts[name] = Buffer.concat(pieces);
          return FileReceipt.fromPartial({});
        },
        download: noFiles.download,
      },
    };
    const filled = { dispatch_id: 'dsp_1', task: 'do it', ...args };
    const call = { executionId, runId: 'r', tool: 'agent.run', args: filled, isTakenUp: false };
    const ending = await hostExecutor(this.#host).execute(call, io);
    if (ending === 'goes_on') throw new Error('nobody stops a daemon here');
    return {
      ...ending,
      result: ending.result as AgentResult, // the tool's own type
      log: linesOf(written[1]),
      steps: linesOf(written[2]),
      artifacts,
      output: written[1] + written[2],
    };
  }

  close(): void {
    this.agents.stop();
    this.#pipes.close();
    this.#guard.workers.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export function git(directory: string, ...args: readonly string[]): string {
  const identity = ['-c', 'user.name=t', '-c', 'user.email=t@t', '-c', 'safe.directory=*'];
  return execFileSync('git', [...identity, ...args], { cwd: directory, encoding: 'utf8' });
}

function linesOf<T>(text: string): T[] {
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as T]));
}
