import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDaemon, type Daemon } from '#daemon/create-daemon.ts';
import { enrol } from '#daemon/enrolment/enrol.ts';
import { readJoinSecret } from '#daemon/enrolment/join-secret.ts';
import type { Executor } from '#daemon/executions/executor.ts';
import type { HostFacts } from '#daemon/facts/host-facts.ts';
import { readFacts } from '#daemon/facts/read-facts.ts';
import { heldInMemory } from '#daemon/identity/identity-holder.ts';
import type { Journal } from '#daemon/journal/journal.ts';
import { memoryJournal } from '#daemon/journal/memory-journal.ts';
import { openPolicy } from '#daemon/policy/policy.ts';
import { noProxy } from '#daemon/session/http-proxy.ts';
import { memorySpool } from '#daemon/spool/memory-spool.ts';
import type { Spool, SpooledChunk } from '#daemon/spool/spool.ts';
import { DetachedExecutions } from '#daemon/tools/detached/detached-executions.ts';
import { hangGuard } from '#daemon/tools/hangs/hang-guard.ts';
import { hostExecutor } from '#daemon/tools/host-executor.ts';
import { OutputPipes } from '#daemon/tools/processes/output-pipes.ts';
import type { Installation } from './installation.ts';

/** Output the controller has confirmed, with its bytes. */
export interface AcknowledgedChunk extends Omit<SpooledChunk, 'length'> {
  readonly data: Buffer;
}

/** What light daemons have done, and what they were told. A count that is reached wakes whoever waits for it. */
export class Ledger {
  /** How often the work of an execution was begun. */
  readonly starts = new Map<string, number>();
  readonly acknowledgedOutput: AcknowledgedChunk[] = [];
  readonly acknowledgedEnds = new Set<string>();
  readonly #waiting = new Set<() => void>();

  /** Resolves in the moment in which `holds` begins to hold. */
  async until(holds: (ledger: Ledger) => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => {
      if (holds(this)) resolve();
    };
    this.#waiting.add(look);
    look();
    await promise;
    this.#waiting.delete(look);
  }

  watchStarts(executor: Executor): Executor {
    return {
      execute: (call, io) => {
        this.starts.set(call.executionId, (this.starts.get(call.executionId) ?? 0) + 1);
        this.#changed();
        return executor.execute(call, io);
      },
    };
  }

  watchOutput(spool: Spool): Spool {
    // Its getters go on to answer; a copy would keep what they said once.
    return Object.assign(Object.create(spool) as Spool, {
      release: (chunk: SpooledChunk) => {
        this.acknowledgedOutput.push({ ...chunk, data: spool.read(chunk) });
        spool.release(chunk);
        this.#changed();
      },
    });
  }

  watchEnds(journal: Journal): Journal {
    return {
      ...journal,
      note: (record) => {
        journal.note(record);
        if (record.kind === 'acknowledged') this.acknowledgedEnds.add(record.id);
        this.#changed();
      },
    };
  }

  #changed(): void {
    for (const look of this.#waiting) look();
  }
}

/** A busy machine has more to do than to sign a thousand certificates at once. */
const JOIN_AT_ONCE = 50;

export interface LightDaemonsOptions {
  readonly count: number;
  /** Executions of one daemon at the same time. */
  readonly concurrency?: number;
  /** Before the number of each. Default `light`. */
  readonly name?: string;
  /** An enrolment key they all join with; default: a token for each. */
  readonly key?: string;
  /** Does their work in place of the tools of this host. */
  readonly executor?: Executor;
}

/**
 * Many daemons in this process: enrolment, protocol and processes are real, journal and spool are in memory. They outlive
 * a controller, not a test.
 */
export class LightDaemons {
  readonly ledger = new Ledger();
  readonly names: readonly string[];
  readonly #directory = mkdtempSync(join(tmpdir(), 'garrison-light-'));
  readonly #facts = readFacts({ labels: {}, programs: [], policy: openPolicy, path: process.env.PATH ?? '' });
  readonly #concurrency: number;
  readonly #key: string | undefined;
  readonly #executor: Executor | undefined;
  readonly #daemons: Daemon[] = [];
  readonly #pipes: OutputPipes[] = [];
  readonly #guard = hangGuard([]);

  private constructor({ count, concurrency = 8, name = 'light', key, executor }: LightDaemonsOptions) {
    this.names = Array.from({ length: count }, (_, index) => `${name}-${String(index + 1).padStart(2, '0')}`);
    this.#concurrency = concurrency;
    this.#key = key;
    this.#executor = executor;
  }

  static async join(site: Installation, options: LightDaemonsOptions): Promise<LightDaemons> {
    const light = new LightDaemons(options);
    for (let first = 0; first < light.names.length; first += JOIN_AT_ONCE)
      await Promise.all(light.names.slice(first, first + JOIN_AT_ONCE).map((name) => light.#join(site, name)));
    await Promise.all(light.#daemons.map((daemon) => daemon.connected()));
    return light;
  }

  /** Ids of the controllers they have a session with now. */
  get controllerIds(): string[] {
    return this.#daemons.flatMap(({ status }) => (status.session.kind === 'open' ? [status.session.controllerId] : []));
  }

  async close(): Promise<void> {
    await Promise.all(this.#daemons.map((daemon) => daemon.stop()));
    for (const pipes of this.#pipes) pipes.close();
    this.#guard.workers.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #join(site: Installation, name: string): Promise<void> {
    const joinSecret = readJoinSecret(this.#key ?? (await site.fleet.issueEnrollmentToken({ name })).token);
    const facts: HostFacts = { ...this.#facts, hostname: name };
    const { identity } = await enrol({
      joinSecret,
      endpoints: joinSecret.endpoints,
      proxyFor: noProxy,
      trust: { caSha256: joinSecret.caSha256 ?? '' },
      name,
      machine: { idType: 'random', machineId: '' },
      facts,
    });
    const executor = this.#executor ?? this.#toolsOfThisHost(name, facts);
    const daemon = createDaemon({
      identity: heldInMemory(identity),
      executor: this.ledger.watchStarts(executor),
      journal: this.ledger.watchEnds(memoryJournal()),
      spool: this.ledger.watchOutput(memorySpool()),
      readFacts: () => facts,
      concurrency: this.#concurrency,
      stopGraceMs: 0,
      timing: { backoffMaxMs: 2_000 },
    });
    this.#daemons.push(daemon);
    await daemon.start();
  }
  #toolsOfThisHost(name: string, facts: HostFacts): Executor {
    const runtimeDir = join(this.#directory, name);
    const pipes = new OutputPipes(join(runtimeDir, 'pipes'));
    this.#pipes.push(pipes);
    return hostExecutor({
      policy: openPolicy,
      pipes,
      ...this.#guard,
      detached: new DetachedExecutions(join(runtimeDir, 'detached')),
      runtimeDir,
      closedPaths: [join(runtimeDir, 'state')],
      environment: process.env,
      facts: () => facts,
      agents: undefined,
      serviceManager: () => undefined,
      updates: undefined,
    });
  }
}
