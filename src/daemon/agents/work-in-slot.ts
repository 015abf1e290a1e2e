import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { AgentEntry } from '#protocol/agents/agent-presets.ts';
import type { AgentRunArgs } from '#protocol/tools/agent-run.ts';
import { messageOf } from '../daemon-error.ts';
import type { StopReason, ToolEnding } from '../executions/executor.ts';
import { ArtifactBox } from './artifact-box.ts';
import { collectFromSlot } from './collect-from-slot.ts';
import { buildContext } from './context/build-context.ts';
import { mirrorSource } from './context/mirror-source.ts';
import { judgeResult } from './judge-result.ts';
import { type Judgement, judge } from './judge-run.ts';
import type { Leave } from './leave-to-start.ts';
import { type Cgroup, makeCgroup } from './limits/cgroup.ts';
import { AcpDialogue, MOST_ACP_CHARACTERS } from './output/acp-dialogue.ts';
import { AgentLog } from './output/agent-log.ts';
import { type AgentVerdict, readerFor } from './output/agent-reader.ts';
import { Redactor } from './output/redactor.ts';
import type { AskForMore } from './relay/budget-gate.ts';
import { networkOf, WaysOut } from './relay/ways-out.ts';
import { closedWay, programMounts } from './sandbox/program-mounts.ts';
import type { SandboxPlace } from './sandbox/start-sandboxed.ts';
import { cgroupLimits, diskLimitOf, rlimitsOf } from './slot-limits.ts';
import { asEnding, metadataOf, resultOf, trafficOf } from './slot-result.ts';
import type { SlotCourse, SlotSite, SlotWork } from './slot-site.ts';
import { agentCommand, HOME, WORKSPACE, writeIdentity } from './start-agent.ts';
import { type AgentDialogue, usedBytes, watchAgent } from './watch-agent.ts';
import { archiveWorkspace } from './workspace/collect-changes.ts';
import type { TakenWorkspace } from './workspace/persistent-workspaces.ts';
import { prepareWorkspace } from './workspace/prepare-workspace.ts';
import { addressOf } from './workspace/repository-address.ts';

/** Linux takes no longer argument than 128 KiB. */
const MOST_ARGUMENT_BYTES = 120 * 1024;
const GRACE_MS = 3_000;

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
  const course: SlotCourse = {
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
    const site: SlotSite = { work, run, place, course, workspace, tree: workspace.path ?? run.work };
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

/** The workspace; a judgement where there will be none. */
async function prepare({ work, run, place, course, workspace, tree }: SlotSite): Promise<Judgement | undefined> {
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
  const { baseCommit, branch } = prepared;
  await workspace.note({ dispatch: args.dispatch_id, baseCommit, branch });
  const what = args.repository === undefined ? 'an empty repository' : `${args.repository.name}, ${prepared.branch}`;
  course.log.say('git', 'info', `${what} at ${prepared.baseCommit.slice(0, 12)}`);
  for (const one of prepared.leftOut) course.log.say('git', 'warn', one);
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

async function letAgentWork(site: SlotSite, cgroup: Cgroup | undefined): Promise<Judgement> {
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
    disk: { paths: [tree, run.home], maxBytes: diskLimitOf(work) },
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
function verdictOf({ reader, ways }: SlotCourse): AgentVerdict | undefined {
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
async function promptOf({ work, run, place, course }: SlotSite): Promise<string> {
  const { args, entry, slot } = work;
  const task = entry.prompt === 'argument' ? args.task.replaceAll('\0', '') : args.task;
  const most = entry.prompt === 'argument' ? MOST_ARGUMENT_BYTES - Buffer.byteLength(task) : Number.MAX_SAFE_INTEGER;
  const source = mirrorSource({ run, user: slot.user, place }, course.baseCommit ?? 'HEAD');
  const limits = { redactor: course.redactor, mostBytes: Math.max(0, most) };
  const context = await buildContext(args.context ?? 'standard', source, limits);
  await course.box.addJson('context.json', 'metadata', context.manifest);
  return task + context.text;
}

/** What it left: changes, logs and figures, uploaded; and how the execution ends. */
async function conclude(site: SlotSite, judgement: Judgement, cgroup: Cgroup | undefined): Promise<ToolEnding> {
  const { work, run, course, tree, place } = site;
  const { args, slot } = work;
  const { log, box, redactor } = course;
  log.step('collecting');
  course.workspaceBytes = await usedBytes([tree]);
  if (course.baseCommit !== undefined) await collectFromSlot(site, course.baseCommit);
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
  { work, place, course, tree }: SlotSite,
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
