/**
 * The daemon as a program: a state directory of its own, the tools of this host, and one `Daemon` between them.
 *
 * The order of a start: lock the directory; read policy and labels; take the identity (kept, of a bundle, or by joining);
 * open journal and spool; end what a former life left running and what is not to outlive it; then open sessions. SIGTERM and SIGINT stop it in the
 * reverse order; SIGHUP looks at the host again, and for an order to rotate its key. A second SIGTERM does not hurry it: what is running has its grace.
 */
import { join as joinPath, resolve as resolvePath } from 'node:path';
import type { Secret } from '#core/kernel/secret.ts';
import type { Log } from '#runtime/log.ts';
import { ownPackage } from '#runtime/own-package.ts';
import { AgentHost } from './agents/agent-host.ts';
import { readAgentsFile } from './agents/read-agents-file.ts';
import { defaultAgentsDir } from './agents/slots/agent-dirs.ts';
import { createDaemon, type Daemon } from './create-daemon.ts';
import { DaemonError, messageOf } from './daemon-error.ts';
import { joinPatiently } from './enrolment/join-patiently.ts';
import { factsUnderPolicy } from './facts/facts-of-host.ts';
import type { HostFacts } from './facts/host-facts.ts';
import { InstalledPrograms } from './facts/installed-programs.ts';
import { certificateLife, type Identity } from './identity/identity.ts';
import { holdIdentity, type IdentityHolder } from './identity/identity-holder.ts';
import { loadIdentity, saveIdentity } from './identity/identity-store.ts';
import { rotationDesk } from './identity/rotation-order.ts';
import { openFileJournal } from './journal/file-journal.ts';
import { askApart } from './metrics/ask-disk.ts';
import { HostMetricsReader } from './metrics/host-metrics-reader.ts';
import { laterIdentity, readBundle } from './outpost/read-bundle.ts';
import { agentsPart } from './parts/agents.ts';
import { hangsPart } from './parts/hangs.ts';
import { outpostPart } from './parts/outpost.ts';
import { readPolicy } from './policy/read-policy.ts';
import { proxiesOf } from './session/http-proxy.ts';
import type { KeeperEnd, SessionTiming } from './session/session-keeper.ts';
import { openFileSpool } from './spool/file-spool.ts';
import { lockStateDir } from './state-dir/lock-state-dir.ts';
import { noteRevocation, readRevocation } from './state-dir/revocation-note.ts';
import { emptyRuntimeDir, forgetWork, openStateDir, type StateDir } from './state-dir/state-dir.ts';
import { writeStatus } from './state-dir/status-file.ts';
import { DetachedExecutions } from './tools/detached/detached-executions.ts';
import { hangGuard } from './tools/hangs/hang-guard.ts';
import { hostExecutor } from './tools/host-executor.ts';
import { pathOfCommands } from './tools/processes/command-environment.ts';
import { endLeftovers } from './tools/processes/end-leftovers.ts';
import { closeInheritedDescriptors } from './tools/processes/inherited-descriptors.ts';
import { OutputPipes } from './tools/processes/output-pipes.ts';
import { findServiceManager } from './tools/services/service-manager.ts';
import { type ExitRules, plainName } from './tunnels/exit-policy.ts';
import { ownReleases } from './updates/releases-directory.ts';
import { UpdateDesk } from './updates/update-desk.ts';

export interface RunOptions {
  readonly stateDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  /** Aborts when the daemon is to stop. */
  readonly signal: AbortSignal;
  /** Lets a host in that has not joined. */
  readonly enrollmentKey?: Secret | undefined;
  /** Of the host, where it joins at this start. */
  readonly name?: string | undefined;
  /** `key=value` each; added to those of the state directory's `labels` file. */
  readonly labels?: readonly string[] | undefined;
  /** Programs to look for besides the well-known ones. */
  readonly programs?: readonly string[] | undefined;
  /** The operator's own agents. */
  readonly agentsFile?: string | undefined;
  readonly agentSlots?: number | undefined;
  /** Where agents work. Default: beside the state directory. */
  readonly agentsDir?: string | undefined;
  /** The base that repositories in files of this host may have. */
  readonly gitBaseUrl?: string | undefined;
  /** Default: `policy.yaml` in the state directory. */
  readonly policyFile?: string | undefined;
  /** Files and directories that file tools never enter, besides what is the daemon's own. */
  readonly closedPaths?: readonly string[] | undefined;
  readonly concurrency?: number | undefined;
  /** Where tunnels lead from this host; see `exit-policy.ts`. */
  readonly proxyBlockedPorts?: readonly number[] | undefined;
  readonly proxyBlockedHosts?: readonly string[] | undefined;
  readonly proxyAllowedHosts?: readonly string[] | undefined;
  /** Most bytes of unconfirmed output on the disk. Default 256 MiB. */
  readonly spoolBytes?: number | undefined;
  readonly stopGraceMs?: number | undefined;
  /** A controller may bring this daemon to another release. Default false. */
  readonly selfUpdateEnabled?: boolean | undefined;
  /** How long another release may take until a controller welcomes it. Default two minutes. */
  readonly updateProbationMs?: number | undefined;
  /** Directory of an outpost's bundle. */
  readonly bundle?: string | undefined;
  /** host:port of node listeners, in place of those in the bundle. */
  readonly endpoints?: readonly string[] | undefined;
  /** Base URL of the API over TLS, in place of the one in the bundle. */
  readonly api?: string | undefined;
  readonly timing?: Partial<SessionTiming>;
}

const STATUS_EVERY_MS = 15_000;

/** Resolves when it is over. @throws DaemonError when it cannot start, and `revoked` when the controller ended it. */
export async function runDaemon(options: RunOptions): Promise<void> {
  const stateDir = openStateDir(options.stateDir);
  const lock = lockStateDir(stateDir);
  try {
    const end = await runLocked(stateDir, options);
    if (end.kind === 'revoked') throw revoked(stateDir, end.reason);
  } finally {
    lock.release();
  }
}

async function runLocked(stateDir: StateDir, options: RunOptions): Promise<KeeperEnd> {
  const { env, log } = options;
  closeInheritedDescriptors();
  emptyRuntimeDir(stateDir);
  const policyFile = options.policyFile ?? stateDir.policyFile;
  const policy = await readPolicy(policyFile, options.policyFile !== undefined);
  let daemon: Daemon | undefined;
  const guard = hangGuard([stateDir.path]);
  const installed = new InstalledPrograms(guard, () => daemon?.refreshFacts());
  const factsOptions = {
    ...options,
    isSelfUpdateEnabled: options.selfUpdateEnabled,
    programsIn: installed.look.bind(installed),
  };
  const readHostFacts = () => factsUnderPolicy(stateDir, policy, factsOptions);
  const proxyFor = proxiesOf(env);
  const identity = await takeIdentity(stateDir, options, readHostFacts());
  if (identity === undefined) return { kind: 'stopped' };
  refuseRevoked(stateDir, identity.current);
  const journal = openFileJournal({ path: stateDir.journalFile });
  if (journal.damagedLines > 0) log.warn({ lines: journal.damagedLines }, 'the journal had lines that a crash tore');
  const spool = openFileSpool({ directory: stateDir.spoolDir, quotaBytes: options.spoolBytes });
  const detached = new DetachedExecutions(stateDir.detachedDir);
  const updates = new UpdateDesk({
    stateDir,
    releases: ownReleases(env, ownPackage.root),
    own: ownPackage,
    isEnabled: options.selfUpdateEnabled ?? false,
    probationMs: options.updateProbationMs ?? 120_000,
    othersRunning: () => running.status.running - 1 - detached.count,
    log,
  });
  const started = [...journal.entries].flatMap(([executionId, entry]) =>
    entry.state === 'started' ? [{ executionId, mark: entry.mark }] : [],
  );
  detached.keepOnly(new Set(started.map(({ executionId }) => executionId)));
  const leftovers = started.filter(({ executionId }) => !detached.has(executionId) && !updates.has(executionId));
  const ended = await endLeftovers(leftovers);
  if (leftovers.length > 0)
    log.warn({ executions: leftovers.length, ended }, 'executions of a former life are interrupted');
  const pipes = new OutputPipes(joinPath(stateDir.runtimeDir, 'pipes'));
  if (leftovers.length > 0) pipes.drainFormer();
  await pipes.prepare().catch((error) => log.error({ error: messageOf(error) }, 'no pipes for commands can be made'));
  const hostMetrics = new HostMetricsReader({ askDisk: askApart(guard) });
  const agents = new AgentHost({
    policy,
    path: pathOfCommands(env),
    definitions: await readAgentsFile(options.agentsFile),
    slots: options.agentSlots,
    runtimeDir: stateDir.runtimeDir,
    directory: options.agentsDir ?? defaultAgentsDir(stateDir.path),
    gitBaseUrl: options.gitBaseUrl?.toString(),
    privateKeys: () => {
      const { privateKey, formerly } = identity.current;
      return formerly === undefined ? [privateKey] : [privateKey, formerly.privateKey];
    },
    log,
  });
  const running: Daemon = createDaemon({
    identity,
    proxyFor,
    journal,
    spool,
    log,
    executor: hostExecutor({
      policy,
      pipes,
      ...guard,
      detached,
      agents,
      runtimeDir: stateDir.runtimeDir,
      closedPaths: closedPaths(stateDir, policyFile, options),
      environment: env,
      facts: () => running.facts,
      updates,
      serviceManager: findServiceManager,
    }),
    readFacts: readHostFacts,
    readHostMetrics: () => hostMetrics.read(),
    moreParts: (daemon) => [
      hangsPart(guard),
      agentsPart(agents, daemon),
      ...outpostPart(identity, { daemon, log, policyFile }),
    ],
    rotation: rotationDesk(stateDir),
    tunnelHost: { policy, environment: env, runtimeDir: stateDir.runtimeDir, exitRules: exitRulesOf(options) },
    onWelcome: () => updates.welcomed(),
    concurrency: options.concurrency,
    stopGraceMs: options.stopGraceMs,
    timing: options.timing,
  });
  daemon = running;
  const stopWriting = keepStatusWritten(stateDir, running, { identity, log });
  const onHangUp = () => running.look();
  process.on('SIGHUP', onHangUp);
  try {
    await running.start();
    log.info(
      { nodeId: identity.current.nodeId, stateDir: stateDir.path, version: ownPackage.version },
      'the daemon runs',
    );
    const end = await Promise.race([running.ended, abortOf(options.signal), updates.restart]);
    return end ?? { kind: 'stopped' };
  } finally {
    process.off('SIGHUP', onHangUp);
    await running.stop();
    stopWriting();
    pipes.close();
    agents.stop();
    guard.workers.close();
  }
}

/** What this daemon keeps, wherever it is, and what the operator closes. */
function closedPaths(stateDir: StateDir, policyFile: string, { bundle, closedPaths = [] }: RunOptions): string[] {
  const ours = [stateDir.path, policyFile, ...(bundle === undefined ? [] : [bundle])];
  return [...ours, ...closedPaths].map((path) => resolvePath(path));
}

/** Of the bundle, the kept one, or a new one with the join secret in `ENROLLMENT_KEY`; undefined when it was stopped before. */
async function takeIdentity(
  stateDir: StateDir,
  options: RunOptions,
  facts: HostFacts,
): Promise<IdentityHolder | undefined> {
  const kept = loadIdentity(stateDir);
  const save = (identity: Identity) => saveIdentity(stateDir, identity);
  if (options.bundle !== undefined) {
    const { bundle: directory, endpoints = [], api } = options;
    const identity = laterIdentity(kept, readBundle({ directory, endpoints, api }));
    if (identity.nodeId !== kept?.nodeId) forgetWork(stateDir);
    if (identity !== kept) save(identity);
    return holdIdentity(identity, save);
  }
  if (kept !== undefined) return holdIdentity(kept, save);
  const secret = options.enrollmentKey?.reveal();
  if (secret === undefined) {
    throw new DaemonError(
      'not_joined',
      `this host has not joined (there is no identity in ${stateDir.path}); get a key or token from an operator and run garrison node join with it, or set ENROLLMENT_KEY`,
    );
  }
  const { name, endpoints, env, log, signal } = options;
  const identity = await joinPatiently({ stateDir, secret, name, facts, env, endpoints }, { log, signal });
  if (identity === undefined) return undefined;
  log.info({ nodeId: identity.nodeId, cluster: identity.clusterName }, 'the host has joined');
  return holdIdentity(identity, save);
}

function refuseRevoked(stateDir: StateDir, identity: Identity): void {
  const note = readRevocation(stateDir);
  if (note?.nodeId === identity.nodeId) throw revokedError(identity.nodeId, note.reason);
}

function revoked(stateDir: StateDir, reason: string): DaemonError {
  const nodeId = loadIdentity(stateDir)?.nodeId ?? '';
  noteRevocation(stateDir, { nodeId, reason, at: new Date().toISOString() });
  return revokedError(nodeId, reason);
}

function revokedError(nodeId: string, reason: string): DaemonError {
  return new DaemonError(
    'revoked',
    `the controller has revoked this node (${nodeId}: ${reason}), and the daemon does not come back by itself; join again with garrison node join --rejoin and a new key`,
  );
}

function keepStatusWritten(
  stateDir: StateDir,
  daemon: Daemon,
  { identity, log }: { readonly identity: IdentityHolder; readonly log: Log },
): () => void {
  const startedAt = new Date().toISOString();
  const write = () => {
    const { nodeId, clusterName, endpoints } = identity.current;
    try {
      writeStatus(stateDir, {
        ...daemon.status,
        pid: process.pid,
        version: ownPackage.version,
        startedAt,
        writtenAt: new Date().toISOString(),
        nodeId,
        clusterName,
        endpoints,
        certificateEndsAt: certificateLife(identity.current).notAfter.toISOString(),
      });
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'the status file could not be written');
    }
  };
  const timer = setInterval(write, STATUS_EVERY_MS);
  timer.unref();
  daemon.onSessionChange(write);
  write();
  return () => {
    clearInterval(timer);
    write();
  };
}

function abortOf(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

function exitRulesOf({
  proxyBlockedPorts = [],
  proxyBlockedHosts = [],
  proxyAllowedHosts = [],
}: RunOptions): ExitRules {
  return {
    blockedPorts: proxyBlockedPorts,
    blockedHosts: proxyBlockedHosts.map(plainName),
    allowedHosts: proxyAllowedHosts.map(plainName),
  };
}
