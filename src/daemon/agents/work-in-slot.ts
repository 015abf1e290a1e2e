import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { AgentEntry } from '#protocol/agents/agent-presets.ts';
import type { AgentChanges, AgentResult, ResultJudgement } from '#protocol/tools/agent-result.ts';
import type { AgentRunArgs, SealedPayload } from '#protocol/tools/agent-run.ts';
import { messageOf } from '../daemon-error.ts';
import type { ExecutionIo, StopReason, ToolEnding } from '../executions/executor.ts';
import type { ToolHost } from '../tools/tool-context.ts';
import type { AgentHost, Slot } from './agent-host.ts';
import { ArtifactBox, type Upload } from './artifact-box.ts';
import { buildContext } from './context/build-context.ts';
import { mirrorSource } from './context/mirror-source.ts';
import { judgeResult } from './judge-result.ts';
import { type Judgement, judge } from './judge-run.ts';
import type { Leave } from './leave-to-start.ts';
import { type Cgroup, type CgroupFigures, makeCgroup } from './limits/cgroup.ts';
import { AcpDialogue, MOST_ACP_CHARACTERS } from './output/acp-dialogue.ts';
import { AgentLog } from './output/agent-log.ts';
import { type AgentReader, type AgentVerdict, readerFor } from './output/agent-reader.ts';
import { Redactor } from './output/redactor.ts';
import type { AskForMore } from './relay/budget-gate.ts';
import { type Network, networkOf, WaysOut } from './relay/ways-out.ts';
import { closedWay, programMounts } from './sandbox/program-mounts.ts';
import type { Mount } from './sandbox/sandbox-spec.ts';
import type { SandboxPlace } from './sandbox/start-sandboxed.ts';
import type { RunDir } from './slots/agent-dirs.ts';
import { agentCommand, HOME, WORKSPACE, writeIdentity } from './start-agent.ts';
import { type AgentDialogue, type AgentEnd, usedBytes, watchAgent } from './watch-agent.ts';
import { archiveWorkspace, collectChanges } from './workspace/collect-changes.ts';
import type { TakenWorkspace } from './workspace/persistent-workspaces.ts';
import { prepareWorkspace } from './workspace/prepare-workspace.ts';
import { addressOf } from './workspace/repository-address.ts';

export interface SlotWork {
  readonly entry: AgentEntry;
  readonly program: string;
  /** It comes from this host's own table. */
  readonly isOwn: boolean;
  readonly args: AgentRunArgs;
  readonly payload: SealedPayload;
  readonly slot: Slot;
  readonly executionId: string;
  readonly host: ToolHost;
  readonly agents: AgentHost;
  readonly io: ExecutionIo;
  readonly upload: Upload;
}

const MIB = 1024 * 1024;
const DEFAULTS = { memory_mb: 4096, processes: 512, disk_mb: 10_240, file_mb: 2_048 } as const;
const MOST_PATCHED_FILE_BYTES = 64 * MIB;
const MOST_FINAL_CHARACTERS = 64 * 1024;
/** Linux takes no longer argument than 128 KiB. */
const MOST_ARGUMENT_BYTES = 120 * 1024;
const GRACE_MS = 3_000;

/** What is known of a run so far; each part is there once it happened. */
interface Course {
  readonly startedAt: Date;
  readonly log: AgentLog;
  readonly box: ArtifactBox;
  readonly reader: AgentReader;
  readonly redactor: Redactor;
  readonly model: string;
  readonly ways: WaysOut;
  readonly network: Network;
  /** What the agent has for a key. */
  readonly ownKey: string;
  baseCommit?: string;
  branch?: string;
  end?: AgentEnd;
  agentMs?: number;
  figures?: CgroupFigures | undefined;
  changes?: AgentChanges;
  /** What stands for files of /etc inside; there once the agent was started. */
  identity?: readonly Mount[];
  judgement?: ResultJudgement;
  workspaceBytes?: number;
}

export async function workInSlot(work: SlotWork): Promise<ToolEnding> {
  const { agents, executionId, slot, args, payload, entry, io } = work;
  const workspace = await agents.workspaces.take(args.workspace, slot.user);
  if (workspace === 'busy')
    return asEnding({ outcome: 'failed', code: 'workspace_busy', message: 'another agent works in it' });
  const run = await agents.dirs.makeRun(executionId, slot.user);
  const key = payload.model_keys?.[args.agent];
  const redactor = new Redactor([
    ...Object.values(payload.secrets ?? {}),
    ...Object.values(payload.model_keys ?? {}),
    ...(payload.git === undefined ? [] : [payload.git.password]),
  ]);
  const network = networkOf(args, agents.networks);
  const ownKey = `garrison-${randomBytes(16).toString('hex')}`;
  const log = new AgentLog(io, redactor, join(run.out, 'execution.log'));
  const course: Course = {
    startedAt: new Date(),
    log,
    redactor,
    box: new ArtifactBox(run.out, work.upload),
    reader: readerFor(entry.protocol, (source, level, text) => log.say(source, level, text)),
    model: args.model ?? entry.model ?? args.agent,
    network,
    ownKey,
    ways: new WaysOut({
      ...{ entry, network, key, ownKey, run },
      budget: args.budget,
      askForMore: args.budget?.when_spent === 'ask' ? asker(work, log) : undefined,
      slotIndex: slot.index,
      user: slot.user,
    }),
  };
  let cgroup: Cgroup | undefined;
  try {
    const place: SandboxPlace = { program: agents.bubblewrap, runtimeDir: work.host.runtimeDir };
    const site: Site = { work, run, place, course, workspace, tree: workspace.path ?? run.work };
    log.step('preparing');
    cgroup = await makeCgroup(agents.limits, executionId, cgroupLimits(work));
    const judgement = (await prepare(site)) ?? (await letAgentWork(site, cgroup));
    if (io.signal.aborted && (io.signal.reason as StopReason).kind === 'daemon_stopped') return asEnding(judgement);
    return await conclude(site, judgement, cgroup);
  } finally {
    await course.ways.stop();
    await cgroup?.kill();
    await cgroup?.remove();
    await log.close();
    await workspace.release();
    await agents.dirs.removeRun(executionId).catch((error) => {
      course.log.say('garrison', 'warn', `the directory of the run is left behind: ${messageOf(error)}`);
    });
  }
}

/** Asks for more budget, and says so in the log. */
function asker({ agents, executionId, io }: SlotWork, log: AgentLog): AskForMore {
  return async (spent, known) => {
    log.say('garrison', 'warn', `${spent}: what it asks of its model waits until somebody gives it more, or refuses`);
    const answer = await agents.askBudget({ executionId, spent, known }, io.signal);
    if (answer === undefined) return undefined;
    if (answer.kind === 'refused') log.say('garrison', 'warn', `it is given no more: ${answer.reason}`);
    else log.say('garrison', 'info', `it goes on: ${answer.tokens} tokens, ${answer.requests} requests more in all`);
    return answer;
  };
}

interface Site {
  readonly work: SlotWork;
  readonly run: RunDir;
  readonly place: SandboxPlace;
  readonly course: Course;
  readonly workspace: TakenWorkspace;
  /** The workspace, on the host. */
  readonly tree: string;
}

/** The workspace; a judgement where there will be none. */
async function prepare({ work, run, place, course, workspace, tree }: Site): Promise<Judgement | undefined> {
  const { args, payload, slot, agents, io } = work;
  const address = addressOf(args.repository, agents.gitBaseUrl);
  if (address.kind === 'refused') return { outcome: 'failed', code: 'repository_unavailable', message: address.reason };
  const left = leftFor(args, workspace);
  if (left === 'gone') return { outcome: 'failed', code: 'unknown_workspace', message: NOTHING_LEFT };
  if (left === undefined) await workspace.note(undefined);
  const prepared = await prepareWorkspace({
    address,
    branch: left?.branch ?? args.repository?.branch,
    goesOnFrom: left?.baseCommit,
    depth: args.repository?.depth ?? 1,
    credentials: payload.git,
    run,
    work: tree,
    user: slot.user,
    place,
    signal: io.signal,
    onStep: (step) => course.log.step(step),
  });
  if (io.signal.aborted) return judge({ ...NOTHING, end: { kind: 'stopped', reason: io.signal.reason as StopReason } });
  if ('problem' in prepared) return { outcome: 'failed', code: 'repository_unavailable', message: prepared.problem };
  course.baseCommit = prepared.baseCommit;
  course.branch = prepared.branch;
  await workspace.note({ dispatch: args.dispatch_id, ...prepared });
  const what = args.repository === undefined ? 'an empty repository' : `${args.repository.name}, ${prepared.branch}`;
  course.log.say('git', 'info', `${what} at ${prepared.baseCommit.slice(0, 12)}`);
  return undefined;
}

const NOTHING_LEFT =
  'the work to resume is no longer in the workspace: it was used for something else since, or pruned';

/** Undefined: from the beginning. A dispatch that was given back goes on with what it has begun itself. */
function leftFor({ workspace: wanted, dispatch_id: own }: AgentRunArgs, { left }: TakenWorkspace) {
  if (wanted?.resumes === undefined) return undefined;
  return left?.dispatch === wanted.resumes || left?.dispatch === own ? left : 'gone';
}

const NOTHING = { verdict: undefined, figures: undefined };

const NO_LEAVE: Readonly<Record<Exclude<Leave, 'given'>, string>> = {
  refused: 'it was given to another machine, or is over, so nothing was started here',
  silent: 'no controller allowed the start, so nothing was started here',
};

async function letAgentWork(site: Site, cgroup: Cgroup | undefined): Promise<Judgement> {
  const { work, run, place, course, tree } = site;
  const { args, entry, program, isOwn, slot, host, io, payload } = work;
  const mounts = isOwn ? programMounts(program, entry.command.slice(1)) : programMounts(program, []);
  const closed = closedWay(mounts);
  if (closed !== undefined) {
    const message = `agents cannot read ${program}, because other users may not enter ${closed}; install it where everybody may`;
    return { outcome: 'failed', code: 'agent_unavailable', message };
  }
  course.log.step('context');
  const prompt = await promptOf(site);
  const command = await agentCommand({
    entry: patient(entry, args.budget),
    program,
    model: course.model,
    prompt,
    dispatchId: args.dispatch_id,
    executionId: work.executionId,
    secrets: payload.secrets ?? {},
    ownKey: course.ownKey,
    modelPort: course.ways.modelPort,
    proxyPort: course.ways.proxy === undefined ? undefined : course.ways.proxyPort,
    run,
    user: slot.user,
  });
  await course.ways.start();
  if (course.ways.relay !== undefined && payload.model_keys?.[args.agent] === undefined)
    course.log.say(
      'garrison',
      'warn',
      `there is no key for the model of ${args.agent}: garrison secrets set --model ${args.agent}`,
    );
  const identity = await writeIdentity({ run, user: slot.user }, args.agent);
  const leave = await work.agents.mayStart(work.executionId, io.signal);
  if (io.signal.aborted) return judge({ ...NOTHING, end: { kind: 'stopped', reason: io.signal.reason as StopReason } });
  if (leave !== 'given') return { outcome: 'failed', code: 'not_started', message: NO_LEAVE[leave] };
  course.identity = identity;
  const spoken = course.reader instanceof AcpDialogue ? course.reader : undefined;
  if (spoken !== undefined) spoken.onProgress = (share) => course.log.advance(share);
  const startedAt = performance.now();
  course.log.step('agent_started', course.model);
  const end = await watchAgent({
    spec: {
      user: slot.user,
      ...command,
      command: course.ways.wrap(command.command),
      cwd: WORKSPACE,
      readOnly: [...mounts, ...identity, ...course.ways.mounts],
      writable: [
        { outside: run.home, inside: HOME },
        { outside: tree, inside: WORKSPACE },
      ],
      sharesNetwork: course.network.mode === 'open',
      rlimits: rlimitsOf(work, cgroup),
      cgroup,
    },
    place,
    pipes: host.pipes,
    io,
    onLine: (stream, line) => {
      if (stream === 'stderr') return course.log.say('agent', 'warn', line);
      course.reader.line(line);
      return true;
    },
    idleMs: args.idle_secs === undefined ? undefined : args.idle_secs * 1000,
    heldUntil: () => course.ways.gate.heldUntil,
    disk: { paths: [tree, run.home], maxBytes: (args.limits?.disk_mb ?? DEFAULTS.disk_mb) * MIB },
    endedBy: Promise.race([course.ways.relay?.hopeless ?? NEVER, spoken?.broken ?? NEVER]),
    graceMs: GRACE_MS,
    dialogue: spoken && dialogueOf(spoken, prompt),
  });
  course.reader.end();
  course.end = end;
  course.agentMs = Math.round(performance.now() - startedAt);
  course.figures = cgroup?.figures();
  course.log.step('agent_ended');
  const { relay, gate } = course.ways;
  return judge({
    end,
    verdict: verdictOf(course),
    figures: course.figures,
    provider: relay?.failure,
    budget: gate.closedFor,
  });
}

const NEVER = new Promise<never>(() => {});

function dialogueOf(spoken: AcpDialogue, prompt: string): AgentDialogue {
  return {
    mostCharacters: MOST_ACP_CHARACTERS,
    over: spoken.over,
    begin: (stdin) => spoken.begin(stdin, { prompt, cwd: WORKSPACE }),
    cancel: () => spoken.cancel(),
  };
}

/** Agents that are spoken with may swallow what their provider refuses: what the relay saw last counts. */
function verdictOf({ reader, ways }: Course): AgentVerdict | undefined {
  const failure = ways.relay?.failure;
  if (!(reader instanceof AcpDialogue) || reader.verdict?.kind !== 'success' || failure === undefined)
    return reader.verdict;
  return { kind: 'error', message: failure.problem ?? 'it ended its turn all the same', status: failure.status };
}

/** Where its requests may be held, an agent is to wait for them. */
function patient(entry: AgentEntry, budget: AgentRunArgs['budget']): AgentEntry {
  return budget?.when_spent === 'ask' ? { ...entry, env: { ...entry.env, ...entry.patientEnv } } : entry;
}

/** The task word for word, then the context. */
async function promptOf({ work, run, place, course }: Site): Promise<string> {
  const { args, entry, slot } = work;
  const task = entry.prompt === 'argument' ? args.task.replaceAll('\0', '') : args.task;
  const most = entry.prompt === 'argument' ? MOST_ARGUMENT_BYTES - Buffer.byteLength(task) : Number.MAX_SAFE_INTEGER;
  const source = mirrorSource({ run, user: slot.user, place }, course.baseCommit ?? 'HEAD');
  const limits = { redactor: course.redactor, mostBytes: Math.max(0, most) };
  const context = await buildContext(args.context ?? 'standard', source, limits);
  await course.box.addJson('context.json', 'metadata', context.manifest);
  return task + context.text;
}

function cgroupLimits({ args: { limits }, entry }: SlotWork) {
  const memory = limits?.memory_mb ?? Math.max(DEFAULTS.memory_mb, entry.minMemoryMb);
  return {
    memoryBytes: memory * MIB,
    processes: limits?.processes ?? DEFAULTS.processes,
    cpus: limits?.cpus,
  };
}

function rlimitsOf({ args: { limits } }: SlotWork, cgroup: Cgroup | undefined) {
  return {
    processes: cgroup === undefined ? (limits?.processes ?? DEFAULTS.processes) : undefined,
    fileBytes: (limits?.file_mb ?? DEFAULTS.file_mb) * MIB,
    openFiles: 8192,
  };
}

/** What it left: changes, logs and figures, uploaded; and how the execution ends. */
async function conclude(site: Site, judgement: Judgement, cgroup: Cgroup | undefined): Promise<ToolEnding> {
  const { work, run, course, tree, place } = site;
  const { args, slot } = work;
  const { log, box, redactor } = course;
  log.step('collecting');
  course.workspaceBytes = await usedBytes([tree]);
  if (course.baseCommit !== undefined) await collect(site, course.baseCommit);
  if (args.archive === true && course.baseCommit !== undefined) {
    const packed = await archiveWorkspace({ run, work: tree, user: slot.user, place });
    if (typeof packed === 'string') await box.addFile('workspace.tar.gz', 'workspace', 'application/gzip', packed);
    else box.miss('workspace.tar.gz', packed.problem);
  }
  if (args.judge !== undefined) await letJudge(site, args.judge, cgroup);
  log.step('uploading');
  if (judgement.outcome !== 'success') log.say('garrison', 'error', judgement.message);
  await box.addJson('metadata.json', 'metadata', metadataOf(site));
  if (course.ways.relay !== undefined || course.ways.proxy !== undefined)
    await box.addJson('network.json', 'metadata', trafficOf(course));
  await log.close();
  await box.addFile('execution.log', 'logs', 'text/plain', join(run.out, 'execution.log'));
  const result = resultOf(site, judgement);
  await box.addJson('result.json', 'output', result);
  log.step('done');
  return asEnding(
    judgement,
    { ...result, artifacts: box.stored, missing_artifacts: box.missing },
    course.end,
    redactor,
  );
}

/** Judges an agent that has ended by itself, well or not; its changes are collected by then, and those of the judge are not. */
async function letJudge(
  { work, place, course, tree }: Site,
  script: string,
  cgroup: Cgroup | undefined,
): Promise<void> {
  const { slot, io } = work;
  const { log, redactor, identity, end } = course;
  if (end?.kind !== 'exited' || identity === undefined || io.signal.aborted) return;
  log.step('judging');
  log.say('garrison', 'info', 'the judge is asked');
  const told = await judgeResult({
    ...{ script, tree, place, cgroup, identity },
    user: slot.user,
    sharesNetwork: course.network.mode === 'open',
    rlimits: rlimitsOf(work, cgroup),
    signal: io.signal,
  });
  for (const line of told.output.split('\n')) if (line !== '') log.say('tool', 'info', `judge: ${line}`);
  course.judgement = { ...told, output: redactor.redact(told.output) };
}

async function collect({ work, run, course, tree, place }: Site, baseCommit: string): Promise<void> {
  const { box, log, redactor } = course;
  const maxFileBytes = MOST_PATCHED_FILE_BYTES;
  const collected = await collectChanges({ run, work: tree, user: work.slot.user, place, baseCommit, maxFileBytes });
  if ('problem' in collected) {
    log.say('git', 'error', collected.problem);
    return box.miss('changes.patch', collected.problem);
  }
  const patch = join(run.out, 'changes.patch');
  await redactFile(collected.patchFile, patch, redactor);
  const { size } = await stat(patch);
  course.changes = { ...collected.changes, patch_bytes: size };
  await box.addFile('changes.patch', 'output', 'text/x-diff', patch);
}

/** Byte for byte what it was where no secret is in it: latin1 knows every byte. */
async function redactFile(from: string, to: string, redactor: Redactor): Promise<void> {
  const stream = redactor.stream();
  const redacting = new Transform({
    transform(piece: Buffer, _encoding, done) {
      done(null, Buffer.from(stream.push(piece.toString('latin1')), 'latin1'));
    },
    flush(done) {
      done(null, Buffer.from(stream.end(), 'latin1'));
    },
  });
  await pipeline(createReadStream(from), redacting, createWriteStream(to, { mode: 0o600 }));
}

function metadataOf({ work, course }: Site) {
  const { args, entry, agents } = work;
  return {
    dispatch_id: args.dispatch_id,
    execution_id: work.executionId,
    agent: args.agent,
    protocol: entry.protocol,
    model_id: course.model,
    repository: args.repository?.name ?? null,
    branch: course.branch ?? null,
    base_commit: course.baseCommit ?? null,
    context: args.context ?? 'standard',
    network: course.network,
    sandbox: agents.sandbox,
    limits: agents.limits.kind,
    steps: course.log.steps,
  };
}

function resultOf({ work, course }: Site, judgement: Judgement): AgentResult {
  const { args, agents } = work;
  const finishedAt = new Date();
  const { end, reader, redactor } = course;
  return {
    outcome: judgement.outcome,
    error:
      judgement.outcome === 'success' ? null : { code: judgement.code, message: redactor.redact(judgement.message) },
    agent: args.agent,
    agent_version: agents.versionOf(args.agent),
    model_id: course.model,
    exit_code: end?.kind === 'exited' ? end.code : null,
    final_text: reader.finalText === undefined ? null : redactor.redact(reader.finalText).slice(-MOST_FINAL_CHARACTERS),
    started_at: course.startedAt.toISOString(),
    finished_at: finishedAt.toISOString(),
    duration_ms: finishedAt.getTime() - course.startedAt.getTime(),
    agent_ms: course.agentMs ?? null,
    cpu_ms: course.figures?.cpuMs ?? null,
    peak_memory_bytes: course.figures?.peakMemoryBytes ?? null,
    usage: course.ways.meter.usage,
    reported_usage: reader.reportedUsage ?? null,
    repository: args.repository?.name ?? null,
    branch: course.branch ?? null,
    base_commit: course.baseCommit ?? null,
    changes: course.changes ?? null,
    judgement: course.judgement ?? null,
    artifacts: course.box.stored,
    missing_artifacts: course.box.missing,
    sandbox: { kind: agents.sandbox, limits: agents.limits.kind, network: course.network.mode },
    network_denials: course.ways.proxy?.refused ?? 0,
    workspace: {
      mode: args.workspace?.mode ?? 'ephemeral',
      id: args.workspace?.id ?? null,
      size_bytes: course.workspaceBytes ?? null,
    },
  };
}

/** What went out, and what was not let out. */
function trafficOf({ ways, network }: Course) {
  return {
    mode: network.mode,
    hosts: network.hosts,
    model_requests: ways.relay?.flows ?? [],
    tunnels: Object.fromEntries(ways.proxy?.opened ?? []),
    refused: ways.proxy?.refused ?? 0,
    refusals: ways.proxy?.refusals ?? [],
  };
}

const OUTCOMES = {
  success: 'ok',
  failed: 'failed',
  timeout: 'timed_out',
  cancelled: 'cancelled',
  interrupted: 'interrupted',
} as const;

function asEnding(judgement: Judgement, result?: AgentResult, end?: AgentEnd, redactor?: Redactor): ToolEnding {
  const outcome = OUTCOMES[judgement.outcome];
  const exitCode =
    end?.kind === 'exited'
      ? end.code
      : judgement.outcome === 'timeout'
        ? 124
        : judgement.outcome === 'cancelled'
          ? 143
          : undefined;
  return {
    outcome,
    ...(result !== undefined && { result }),
    ...(exitCode !== undefined && { exitCode }),
    ...(judgement.outcome !== 'success' && {
      errorCode: judgement.code,
      errorMessage: redactor?.redact(judgement.message) ?? judgement.message,
    }),
  };
}
