/**
 * Puts the daemon of a host together: what it keeps, what does the work, and the parts that only a host has, in `moreParts`.
 * Nothing is started here; `main.ts` says in which order.
 */
import { join as joinPath, resolve as resolvePath } from 'node:path';
import type { Secret } from '#core/kernel/secret.ts';
import { ownReleases } from '#protocol/releases/releases-directory.ts';
import type { Log } from '#runtime/log.ts';
import { ownPackage } from '#runtime/own-package.ts';
import { AgentHost } from './agents/agent-host.ts';
import { readAgentsFile } from './agents/read-agents-file.ts';
import { defaultAgentsDir } from './agents/slots/agent-dirs.ts';
import { createDaemon, type Daemon } from './create-daemon.ts';
import { messageOf } from './daemon-error.ts';
import type { Host } from './host.ts';
import type { IdentityHolder } from './identity/identity-holder.ts';
import { rotationDesk } from './identity/rotation-order.ts';
import { openFileJournal } from './journal/file-journal.ts';
import { askApart } from './metrics/ask-disk.ts';
import { HostMetricsReader } from './metrics/host-metrics-reader.ts';
import { agentsPart } from './parts/agents.ts';
import { hangsPart } from './parts/hangs.ts';
import { outpostPart } from './parts/outpost.ts';
import { sshPart } from './parts/ssh.ts';
import { proxiesOf } from './session/http-proxy.ts';
import type { SessionTiming } from './session/session-keeper.ts';
import { openFileSpool } from './spool/file-spool.ts';
import { SshServer } from './ssh/ssh-server.ts';
import type { StateDir } from './state-dir/state-dir.ts';
import { DetachedExecutions } from './tools/detached/detached-executions.ts';
import { hostExecutor } from './tools/host-executor.ts';
import { pathOfCommands } from './tools/processes/command-environment.ts';
import { endLeftovers } from './tools/processes/end-leftovers.ts';
import { OutputPipes } from './tools/processes/output-pipes.ts';
import { findServiceManager } from './tools/services/service-manager.ts';
import { type ExitRules, plainName } from './tunnels/exit-policy.ts';
import { UpdateDesk } from './updates/update-desk.ts';

export interface DaemonRunOptions {
  readonly stateDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  /** Aborts when the daemon is to stop. */
  readonly signal: AbortSignal;
  /** Lets a host in that has not joined. */
  readonly enrollmentKey?: Secret | undefined;
  /** The name of the host, if it joins at this start. */
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
  /** Where the SSH server listens. Default 127.0.0.1:40022. */
  readonly sshHost?: string | undefined;
  readonly sshPort?: number | undefined;
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

export interface HostDaemon {
  readonly daemon: Daemon;
  /** Resolves when the daemon has to be started again, as another release. */
  readonly restart: Promise<void>;
  /** Once the daemon has stopped. */
  close(): void;
}

export async function composeDaemon(
  options: DaemonRunOptions,
  { stateDir, host, identity }: { readonly stateDir: StateDir; readonly host: Host; readonly identity: IdentityHolder },
): Promise<HostDaemon> {
  const { env, log } = options;
  const { policy, policyFile, guard } = host;
  const journal = openFileJournal({ path: stateDir.journalFile });
  if (journal.damagedLines > 0)
    log.warn({ lines: journal.damagedLines }, 'the journal had incomplete lines, left by a crash');
  const spool = openFileSpool({ directory: stateDir.spoolDir, quotaBytes: options.spoolBytes });
  const detached = new DetachedExecutions(stateDir.detachedDir);
  const updates = new UpdateDesk({
    stateDir,
    releases: ownReleases(env, ownPackage.root),
    own: ownPackage,
    isEnabled: options.selfUpdateEnabled ?? false,
    probationMs: options.updateProbationMs ?? 120_000,
    othersRunning: () => running.status.running - 1 - detached.count,
    hasStarted: (executionId) => journal.entries.get(executionId)?.state === 'started',
    log,
  });
  const started = [...journal.entries].flatMap(([executionId, entry]) =>
    entry.state === 'started' ? [{ executionId, mark: entry.mark }] : [],
  );
  detached.keepOnly(new Set(started.map(({ executionId }) => executionId)));
  const leftovers = started.filter(({ executionId }) => !detached.has(executionId) && !updates.has(executionId));
  const ended = await endLeftovers(leftovers);
  if (leftovers.length > 0)
    log.warn({ executions: leftovers.length, ended }, 'executions from before this start are interrupted');
  const pipes = new OutputPipes(joinPath(stateDir.runtimeDir, 'pipes'));
  if (leftovers.length > 0) pipes.drainFormer();
  await pipes.prepare().catch((error) => log.error({ error: messageOf(error) }, 'pipes for commands cannot be made'));
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
  const sshServer = new SshServer({
    policy,
    environment: env,
    runtimeDir: stateDir.runtimeDir,
    usersFile: stateDir.sshUsersFile,
    hostKeyFile: stateDir.sshHostKeyFile,
    host: options.sshHost ?? '127.0.0.1',
    port: options.sshPort ?? 40_022,
    exitRules: exitRulesOf(options),
    log,
  });
  const running: Daemon = createDaemon({
    identity,
    proxyFor: proxiesOf(env),
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
    readFacts: () => host.readFacts(),
    readHostMetrics: () => hostMetrics.read(),
    moreParts: (daemon) => [
      hangsPart(guard),
      agentsPart(agents, daemon),
      sshPart(sshServer, daemon),
      ...outpostPart(identity, { daemon, log, policyFile }),
    ],
    rotation: rotationDesk(stateDir),
    tunnelHost: {
      policy,
      environment: env,
      runtimeDir: stateDir.runtimeDir,
      exitRules: exitRulesOf(options),
      ssh: sshServer,
    },
    onWelcome: () => updates.welcomed(),
    concurrency: options.concurrency,
    stopGraceMs: options.stopGraceMs,
    timing: options.timing,
  });
  host.onChange(() => running.refreshFacts());
  return {
    daemon: running,
    restart: updates.restart,
    close: () => {
      pipes.close();
      agents.stop();
      guard.workers.close();
    },
  };
}

/** What this daemon keeps, wherever it is, and what the operator closes. */
function closedPaths(stateDir: StateDir, policyFile: string, { bundle, closedPaths = [] }: DaemonRunOptions): string[] {
  const ours = [stateDir.path, policyFile, ...(bundle === undefined ? [] : [bundle])];
  return [...ours, ...closedPaths].map((path) => resolvePath(path));
}

function exitRulesOf({
  proxyBlockedPorts = [],
  proxyBlockedHosts = [],
  proxyAllowedHosts = [],
}: DaemonRunOptions): ExitRules {
  return {
    blockedPorts: proxyBlockedPorts,
    blockedHosts: proxyBlockedHosts.map(plainName),
    allowedHosts: proxyAllowedHosts.map(plainName),
  };
}
