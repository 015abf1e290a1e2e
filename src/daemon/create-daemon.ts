import { totalmem } from 'node:os';
import type { HostMetrics, NodeServiceClient, Welcome } from '#protocol/gen/garrison/node/v1/node.ts';
import { type Log, silentLog } from '#runtime/log.ts';
import type { Service } from '#runtime/service.ts';
import { BulkChannels } from './bulk/bulk-channels.ts';
import type { DaemonPart } from './daemon-part.ts';
import { Executions } from './executions/executions.ts';
import type { Executor } from './executions/executor.ts';
import { FactsWatch } from './facts/facts-watch.ts';
import type { HostFacts } from './facts/host-facts.ts';
import { CertificateCalls } from './identity/certificate-calls.ts';
import { CertificateRenewal } from './identity/certificate-renewal.ts';
import type { IdentityHolder } from './identity/identity-holder.ts';
import type { RotationDesk } from './identity/rotation-order.ts';
import type { Journal } from './journal/journal.ts';
import { memoryJournal } from './journal/memory-journal.ts';
import { MetricsReporter } from './metrics/metrics-reporter.ts';
import { PartList } from './part-list.ts';
import { bulkPart } from './parts/bulk.ts';
import { certificatePart } from './parts/certificate.ts';
import { executionsPart } from './parts/executions.ts';
import { type FactsPart, factsPart } from './parts/facts.ts';
import { metricsPart } from './parts/metrics.ts';
import type { ControllerWord } from './session/hold-session.ts';
import { noProxy, type ProxyFor } from './session/http-proxy.ts';
import { type KeeperEnd, SessionKeeper, type SessionState, type SessionTiming } from './session/session-keeper.ts';
import type { SessionLink } from './session/session-link.ts';
import { memorySpool } from './spool/memory-spool.ts';
import type { Spool } from './spool/spool.ts';
import { type TunnelHost, Tunnels } from './tunnels/tunnels.ts';

export interface DaemonOptions {
  readonly identity: IdentityHolder;
  readonly executor: Executor;
  readonly readFacts: () => HostFacts;
  /** Default: nothing is told of the host. */
  readonly readHostMetrics?: () => Promise<HostMetrics | undefined>;
  /** Parts beside those that every node has; they start last and stop first. */
  readonly moreParts?: (daemon: DaemonBase) => readonly DaemonPart[];
  /** Default: in memory, for simulated nodes. Taken over: closed when the daemon has stopped. */
  readonly journal?: Journal;
  readonly spool?: Spool;
  readonly log?: Log;
  /** Executions at the same time. Default 8. */
  readonly concurrency?: number | undefined;
  /** Default: by itself. Simulated nodes have no need of it. */
  readonly renewsCertificate?: boolean;
  /** Where the host orders another key for itself. */
  readonly rotation?: RotationDesk;
  readonly timing?: DaemonTiming | undefined;
  /** How long what runs may go on once the daemon is stopped. Default 5 s. */
  readonly stopGraceMs?: number | undefined;
  /** Bytes of unacknowledged output in flight per execution, at least; see `OutputWindow`. Default 256 KiB. */
  readonly windowBytes?: number;
  /** A controller has let this daemon in. */
  readonly onWelcome?: () => void;
  readonly random?: () => number;
  /** Default: none. */
  readonly proxyFor?: ProxyFor;
  /** Default: it opens no tunnels. */
  readonly tunnelHost?: TunnelHost | undefined;
}

export interface DaemonTiming extends Partial<SessionTiming> {
  readonly factsEveryMs?: number;
  readonly resumeAfterMs?: number;
}

export interface DaemonStatus {
  readonly session: SessionState;
  readonly running: number;
  readonly queued: number;
  readonly unacknowledged: number;
  readonly spooledBytes: number;
  readonly problems: readonly string[];
}

/** What parts are given that are not of every node. */
export interface DaemonBase {
  readonly link: SessionLink;
  readonly files: Pick<BulkChannels, 'upload' | 'download'>;
  /** To the controller, while there is a connection. */
  readonly client: NodeServiceClient | undefined;
  /** When a session was last opened. */
  readonly lastWelcomeAt: Date | undefined;
  readonly status: DaemonStatus;
  /** Something may have changed on the host, or in what a part says of it: looks now. */
  refreshFacts(): void;
}

/** One node of the protocol, whatever executes its orders. */
export function createDaemon(parts: DaemonOptions): Daemon {
  return new Daemon(parts);
}

export class Daemon implements Service, DaemonBase {
  readonly name = 'daemon';
  readonly #parts: DaemonOptions;
  readonly #log: Log;
  readonly #journal: Journal;
  readonly #spool: Spool;
  readonly #keeper: SessionKeeper;
  readonly #executions: Executions;
  readonly #bulk: BulkChannels;
  readonly #facts: FactsWatch;
  readonly #toldFacts: FactsPart;
  readonly #renewal: CertificateRenewal | undefined;
  readonly #list: PartList;
  #stopped: Promise<void> | undefined;
  #lastWelcomeAt: Date | undefined;

  constructor(parts: DaemonOptions) {
    this.#parts = parts;
    this.#log = parts.log ?? silentLog;
    this.#journal = parts.journal ?? memoryJournal();
    this.#spool = parts.spool ?? memorySpool();
    const { identity, timing = {}, random, proxyFor } = parts;
    const log = this.#log;
    this.#keeper = new SessionKeeper({
      identity: () => identity.current,
      onIdentityWorks: (worked) => this.#renewal?.identityWorks(worked),
      user: {
        greeting: () => ({ ...this.#executions.greeting(), facts: this.#toldFacts.tell() }),
        heartbeat: () => this.#heartbeat(),
        unacknowledgedForMs: () => this.#executions.unacknowledgedForMs(),
        onWelcome: (welcome) => this.#welcomed(welcome),
        onEndpoints: () => this.#keepEndpoints(),
        onWord: (word) => this.#take(word),
        onDrain: () => this.#executions.pump(),
      },
      log,
      timing,
      proxyFor,
      ...(random !== undefined && { random }),
    });
    const ways = {
      link: this.#keeper,
      identity: () => identity.current,
      proxyFor: proxyFor ?? noProxy,
      endpoint: () => (this.#keeper.state.kind === 'open' ? this.#keeper.state.endpoint : undefined),
    };
    this.#bulk = new BulkChannels({ ...ways, opened: () => this.#keeper.opened() });
    const tunnels = new Tunnels({ ...ways, log, host: parts.tunnelHost });
    this.#executions = new Executions({
      journal: this.#journal,
      spool: this.#spool,
      executor: parts.executor,
      files: this.#bulk,
      link: this.#keeper,
      log,
      concurrency: parts.concurrency ?? 8,
      ...(parts.windowBytes !== undefined && { windowBytes: parts.windowBytes }),
      ...(timing.resumeAfterMs !== undefined && { resumeAfterMs: timing.resumeAfterMs }),
    });
    const isSessionOpen = () => this.#keeper.state.kind === 'open';
    this.#facts = new FactsWatch({
      read: () => this.#list.factsWith(parts.readFacts()),
      onChange: () => this.#toldFacts.changed(),
      log,
      ...(timing.factsEveryMs !== undefined && { everyMs: timing.factsEveryMs }),
    });
    this.#toldFacts = factsPart(this.#facts, this.#keeper, isSessionOpen);
    const reporter = new MetricsReporter({
      collect: async () => ({ at: new Date(), host: await parts.readHostMetrics?.(), daemon: this.#list.metrics }),
      link: this.#keeper,
      log,
      random,
    });
    if (parts.renewsCertificate !== false) this.#renewal = this.#makeRenewal();
    const { concurrency = 8, stopGraceMs = 5000 } = parts;
    this.#list = new PartList(
      [
        bulkPart(this.#bulk, tunnels),
        executionsPart({
          executions: this.#executions,
          journal: this.#journal,
          spool: this.#spool,
          concurrency,
          stopGraceMs,
          isSessionOpen,
        }),
        ...(this.#renewal === undefined ? [] : [certificatePart(this.#renewal)]),
        metricsPart(reporter),
        this.#toldFacts,
        ...(parts.moreParts?.(this) ?? []),
      ],
      log,
    );
  }

  /** Resolves when there will be no further session: stopped, or revoked. */
  get ended(): Promise<KeeperEnd> {
    return this.#keeper.ended;
  }

  get client(): NodeServiceClient | undefined {
    return this.#keeper.connection?.client;
  }

  get files(): Pick<BulkChannels, 'upload' | 'download'> {
    return this.#bulk;
  }

  get link(): SessionLink {
    return this.#keeper;
  }

  get lastWelcomeAt(): Date | undefined {
    return this.#lastWelcomeAt;
  }

  get facts(): HostFacts {
    return this.#facts.current;
  }

  get status(): DaemonStatus {
    return {
      session: this.#keeper.state,
      running: this.#executions.runningCount,
      queued: this.#executions.queuedCount,
      unacknowledged: this.#executions.unacknowledgedCount,
      spooledBytes: this.#spool.usedBytes,
      problems: this.#list.problems,
    };
  }

  /** Calls back when the session has changed its state. */
  onSessionChange(listener: () => void): void {
    this.#keeper.onChange(listener);
  }

  /** Resolves when a session is open. */
  connected(): Promise<void> {
    return this.#keeper.opened();
  }

  /** Something may have changed on the host: looks now. */
  refreshFacts(): void {
    this.#facts.look();
  }

  /** Somebody says that something has changed: on the host, or in what is ordered there. */
  look(): void {
    this.#list.look();
    this.#facts.look();
  }

  async start(): Promise<void> {
    if (this.#stopped !== undefined) return;
    await this.#list.start();
    await this.#keeper.start();
  }

  /**
   * Takes no more orders, gives what runs its grace and then ends it as `interrupted`, tells the controller what there is
   * to tell, and leaves. What was not told or not started stays in the journal.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#windDown();
    return this.#stopped;
  }

  async #windDown(): Promise<void> {
    await this.#list.stop();
    await this.#keeper.stop();
    await this.#journal.close();
    this.#spool.close();
  }

  #welcomed(welcome: Welcome): void {
    this.#lastWelcomeAt = new Date();
    this.#parts.onWelcome?.();
    this.#list.onWelcome(welcome);
  }

  #take(word: ControllerWord): void {
    if (word.$case === 'configure') this.#keeper.learnEndpoints(word.value.endpoints);
    this.#list.onWord(word);
  }

  /** Where controllers are, and which of them we were with, is part of what a restart needs to know. */
  #keepEndpoints(): void {
    const { identity } = this.#parts;
    const kept = identity.current.endpoints;
    const { endpoints } = this.#keeper;
    const isKnown = endpoints.length === kept.length && endpoints.every((endpoint) => kept.includes(endpoint));
    if (isKnown && endpoints[0] === kept[0]) return;
    try {
      identity.replace({ ...identity.current, endpoints });
    } catch (error) {
      this.#log.warn({ error: String(error) }, 'new endpoints of controllers could not be kept');
    }
  }

  #heartbeat() {
    const { problems } = this.#list;
    return {
      healthy: problems.length === 0,
      problems,
      freeSlots: this.#executions.freeSlots,
      running: this.#executions.runningCount,
      rssBytes: Math.min(process.memoryUsage.rss(), totalmem()),
    };
  }

  #makeRenewal(): CertificateRenewal {
    const { identity, readFacts, random, rotation } = this.#parts;
    const calls = new CertificateCalls(() => this.#keeper.connection);
    return new CertificateRenewal({
      identity,
      rotation,
      renew: (csr) => calls.renew(csr),
      revokeOthers: (serial) => calls.revokeOthers(serial),
      onRenewed: () => this.#keeper.identityChanged(),
      log: this.#log,
      commonName: readFacts().hostname,
      ...(random !== undefined && { random }),
    });
  }
}
