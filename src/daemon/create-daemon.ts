import { totalmem } from 'node:os';
import type { Configure, DaemonMetrics, HostMetrics, Welcome } from '#protocol/gen/garrison/node/v1/node.ts';
import { type Log, silentLog } from '#runtime/log.ts';
import { readProcessFigures } from '#runtime/process-figures.ts';
import type { Service } from '#runtime/service.ts';
import { BulkChannels } from './bulk/bulk-channels.ts';
import { Executions } from './executions/executions.ts';
import type { Executor } from './executions/executor.ts';
import { FactsWatch } from './facts/facts-watch.ts';
import type { HostFacts } from './facts/host-facts.ts';
import { CertificateRenewal } from './identity/certificate-renewal.ts';
import type { IdentityHolder } from './identity/identity-holder.ts';
import type { RotationDesk } from './identity/rotation-order.ts';
import type { Journal } from './journal/journal.ts';
import { memoryJournal } from './journal/memory-journal.ts';
import { MetricsReporter } from './metrics/metrics-reporter.ts';
import type { ControllerWord } from './session/hold-session.ts';
import { noProxy, type ProxyFor } from './session/http-proxy.ts';
import { type KeeperEnd, SessionKeeper, type SessionState, type SessionTiming } from './session/session-keeper.ts';
import { memorySpool } from './spool/memory-spool.ts';
import type { Spool } from './spool/spool.ts';

export interface DaemonParts {
  readonly identity: IdentityHolder;
  readonly executor: Executor;
  readonly readFacts: () => HostFacts;
  /** Default: nothing is told of the host. */
  readonly readHostMetrics?: () => Promise<HostMetrics | undefined>;
  /** What is not as it should be on the host, for people. */
  readonly problemsOfHost?: () => readonly string[];
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
  /** Most bytes of unacknowledged output in flight per execution. Default 256 KiB. */
  readonly windowBytes?: number;
  readonly random?: () => number;
  /** Default: none. */
  readonly proxyFor?: ProxyFor;
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

/** One node of the protocol, whatever executes its orders. */
export function createDaemon(parts: DaemonParts): Daemon {
  return new Daemon(parts);
}

/** How long a stopping daemon waits for its last words to be acknowledged. */
const LAST_WORDS_MS = 2000;

export class Daemon implements Service {
  readonly name = 'daemon';
  readonly #parts: DaemonParts;
  readonly #log: Log;
  readonly #journal: Journal;
  readonly #spool: Spool;
  readonly #keeper: SessionKeeper;
  readonly #executions: Executions;
  readonly #bulk: BulkChannels;
  readonly #facts: FactsWatch;
  readonly #metrics: MetricsReporter;
  readonly #renewal: CertificateRenewal | undefined;
  #stopped: Promise<void> | undefined;
  #lastWelcomeAt: Date | undefined;
  /** As the controller of the latest session has them. */
  #toldFacts: HostFacts | undefined;

  constructor(parts: DaemonParts) {
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
        greeting: () => ({ ...this.#executions.greeting(), facts: this.#tellFacts() }),
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
    this.#bulk = new BulkChannels({
      link: this.#keeper,
      identity: () => identity.current,
      proxyFor: proxyFor ?? noProxy,
      endpoint: () => (this.#keeper.state.kind === 'open' ? this.#keeper.state.endpoint : undefined),
      opened: () => this.#keeper.opened(),
    });
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
    this.#facts = new FactsWatch({
      read: parts.readFacts,
      onChange: () => this.#factsChanged(),
      log,
      ...(timing.factsEveryMs !== undefined && { everyMs: timing.factsEveryMs }),
    });
    this.#metrics = new MetricsReporter({
      collect: async () => ({ at: new Date(), host: await parts.readHostMetrics?.(), daemon: this.#ownMetrics() }),
      link: this.#keeper,
      log,
      random,
    });
    if (parts.renewsCertificate !== false) this.#renewal = this.#makeRenewal();
  }

  /** Resolves when there will be no further session: stopped, or revoked. */
  get ended(): Promise<KeeperEnd> {
    return this.#keeper.ended;
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
      problems: this.#problems(),
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

  /** Somebody may have ordered another key. */
  lookForRotation(): void {
    this.#renewal?.look();
  }

  async start(): Promise<void> {
    if (this.#stopped !== undefined) return;
    this.#facts.start();
    await this.#renewal?.start();
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
    this.#facts.stop();
    this.#metrics.stop();
    await this.#renewal?.stop();
    await this.#executions.stop(this.#parts.stopGraceMs ?? 5000);
    this.#bulk.stop();
    await this.#executions.allAcknowledged(this.#keeper.state.kind === 'open' ? LAST_WORDS_MS : 0);
    await this.#keeper.stop();
    await this.#journal.close();
    this.#spool.close();
  }

  #welcomed({ at, metricsIntervalMs }: Welcome): void {
    this.#lastWelcomeAt = new Date();
    this.#bulk.sessionOpened();
    this.#executions.resume(at);
    this.#factsChanged();
    this.#metrics.reportEvery(metricsIntervalMs);
    this.#renewal?.sessionOpened();
  }

  /** Hello may have been sent before they changed, and Welcome not have come. */
  #factsChanged(): void {
    if (this.#keeper.state.kind !== 'open' || this.#toldFacts === this.#facts.current) return;
    this.#keeper.send({ $case: 'factsChanged', value: { facts: this.#tellFacts() } });
  }

  #tellFacts(): HostFacts {
    this.#toldFacts = this.#facts.current;
    return this.#toldFacts;
  }

  #take(word: ControllerWord): void {
    switch (word.$case) {
      case 'execute': {
        const { startBefore, ...order } = word.value;
        return this.#executions.execute({ ...order, startBefore: startBefore?.getTime() });
      }
      case 'cancel':
        return this.#executions.cancel(word.value.executionId, word.value.reason);
      case 'ackOutput':
        return this.#executions.acknowledgeOutput(word.value.executionId, word.value.ordinal);
      case 'ackFinished':
        return this.#executions.acknowledgeFinished(word.value.executionId);
      case 'bulk':
        return this.#bulk.onWord(word.value.word);
      case 'configure':
        return this.#configure(word.value);
      default: // Welcome, Reconnect and Revoked are the session's; others are of later versions
        return;
    }
  }

  #configure({ endpoints, concurrency }: Configure): void {
    this.#executions.setConcurrency(concurrency || (this.#parts.concurrency ?? 8));
    this.#keeper.learnEndpoints(endpoints);
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
    const problems = this.#problems();
    return {
      healthy: problems.length === 0,
      problems,
      freeSlots: this.#executions.freeSlots,
      running: this.#executions.runningCount,
      rssBytes: Math.min(process.memoryUsage.rss(), totalmem()),
    };
  }

  #ownMetrics(): DaemonMetrics {
    const { received, ended, acknowledged } = this.#executions.totals;
    return {
      ...readProcessFigures(),
      running: this.#executions.runningCount,
      queued: this.#executions.queuedCount,
      unacknowledged: this.#executions.unacknowledgedCount,
      spooledBytes: this.#spool.usedBytes,
      journalBytes: this.#journal.sizeBytes,
      receivedTotal: received,
      endedTotal: ended,
      acknowledgedTotal: acknowledged,
    };
  }

  #problems(): string[] {
    const full = 'the spool for unconfirmed output is full, so commands that write are held back';
    return [
      ...this.#executions.problems,
      ...(this.#spool.isFull ? [full] : []),
      ...(this.#parts.problemsOfHost?.() ?? []),
    ];
  }

  #makeRenewal(): CertificateRenewal {
    const { identity, readFacts, random, rotation } = this.#parts;
    return new CertificateRenewal({
      identity,
      rotation,
      renew: (csr) => this.#keeper.renew(csr),
      revokeOthers: (serial) => this.#keeper.revokeOthers(serial),
      onRenewed: () => this.#keeper.identityChanged(),
      log: this.#log,
      commonName: readFacts().hostname,
      ...(random !== undefined && { random }),
    });
  }
}
