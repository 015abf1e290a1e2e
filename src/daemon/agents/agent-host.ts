import { availableParallelism } from 'node:os';
import type { AgentEntry } from '#protocol/agents/agent-presets.ts';
import { AGENT_PRESETS } from '#protocol/agents/agent-presets.ts';
import { entryOf } from '#protocol/agents/agents-file.ts';
import type { AgentHost as AgentHostFacts } from '#protocol/gen/garrison/node/v1/node.ts';
import { sealingKeyOf } from '#protocol/sealing/seal-to-node.ts';
import type { DoctorCheck, SandboxKind } from '#protocol/tools/agent-result.ts';
import { type AgentDefinition, NETWORK_MODES, type NetworkMode } from '#protocol/tools/agent-run.ts';
import type { Log } from '#runtime/log.ts';
import { messageOf } from '../daemon-error.ts';
import type { Policy } from '../policy/policy.ts';
import { resolveProgram } from '../policy/resolve-program.ts';
import { AgentVersions } from './agent-versions.ts';
import { type AskBudget, type BudgetQuestion, nobodyGivesMore } from './ask-for-budget.ts';
import type { AskLeave, Leave } from './leave-to-start.ts';
import { removeFormerCgroups } from './limits/cgroup.ts';
import { describeLimits, findLimits, type Limits } from './limits/find-limits.ts';
import type { MoreBudget } from './relay/budget-gate.ts';
import { type Bubblewrap, findBubblewrap } from './sandbox/find-bubblewrap.ts';
import { AgentDirs } from './slots/agent-dirs.ts';
import { accountsInTheWay, MOST_SLOTS, type SlotUser, slotUser } from './slots/slot-users.ts';
import { PersistentWorkspaces } from './workspace/persistent-workspaces.ts';

export interface AgentHostOptions {
  readonly policy: Policy;
  /** PATH that agents are looked for on. */
  readonly path: string;
  /** The table of `GARRISON_AGENTS`. */
  readonly definitions: Readonly<Record<string, AgentDefinition>>;
  /** Default: as many as there are processors, two at least. */
  readonly slots?: number | undefined;
  /** For files that are gone once they are opened; the daemon's alone. */
  readonly runtimeDir: string;
  /** Where agents work; the users of agents have to get there. */
  readonly directory: string;
  /** Default: the best this host has. */
  readonly limits?: Limits | undefined;
  /** The base that repositories in files of this host may have. */
  readonly gitBaseUrl?: string | undefined;
  /** PEM of the node's key as it is now, then of the one before. */
  readonly privateKeys: () => readonly string[];
  readonly log: Log;
}

/** A place for one agent, with a user of its own. */
export interface Slot {
  readonly index: number;
  readonly user: SlotUser | undefined;
  release(): void;
}

const PRUNE_EVERY_MS = 3_600_000;
/** A workspace nobody has worked in for so long goes. */
const KEEP_IDLE_MS = 30 * 86_400_000;
const NOT_LOOKED: Bubblewrap = { problem: 'bubblewrap has not been looked for yet', mend: 'wait a moment' };

/** What this host has for agents: which ones, how they are kept apart, and how many at a time. */
export class AgentHost {
  readonly #options: AgentHostOptions;
  readonly limits: Limits;
  readonly slots: number;
  readonly dirs: AgentDirs;
  readonly workspaces: PersistentWorkspaces;
  readonly #taken = new Set<number>();
  readonly #looked = Promise.withResolvers<void>();
  readonly #versions = new AgentVersions();
  #bubblewrap: Bubblewrap = NOT_LOOKED;
  #pruning: NodeJS.Timeout | undefined;
  #onChange: () => void = () => {};
  #askLeave: AskLeave = async () => 'given';
  #askBudget: AskBudget = nobodyGivesMore;

  constructor(options: AgentHostOptions) {
    this.#options = options;
    this.limits = options.limits ?? findLimits();
    const slots = options.policy.agents?.slots ?? options.slots ?? Math.max(2, availableParallelism());
    this.slots = Math.min(slots, MOST_SLOTS);
    this.dirs = new AgentDirs(options.directory);
    this.workspaces = new PersistentWorkspaces(this.dirs);
  }

  /** Who says whether an agent may be started; default: nobody is asked. */
  askLeaveWith(ask: AskLeave): void {
    this.#askLeave = ask;
  }

  /** Asked for once the workspace is there, right before the agent is started. */
  mayStart(executionId: string, signal: AbortSignal): Promise<Leave> {
    return this.#askLeave(executionId, signal);
  }

  /** Who gives more to an agent that has spent its budget; default: nobody. */
  askBudgetWith(ask: AskBudget): void {
    this.#askBudget = ask;
  }

  askBudget(question: BudgetQuestion, signal: AbortSignal): Promise<MoreBudget | undefined> {
    return this.#askBudget(question, signal);
  }

  /** Calls back when what it has for agents has changed. */
  onChange(listener: () => void): void {
    this.#onChange = listener;
  }

  /** Removes what runs of a former life of the daemon left, and looks for what is there. */
  async start(): Promise<void> {
    try {
      const former = this.dirs.formerRuns();
      const cgroups = await removeFormerCgroups(this.limits, (name) => former.includes(name));
      for (const executionId of former) await this.dirs.removeRun(executionId);
      if (former.length > 0)
        this.#options.log.warn(
          { runs: former.length, cgroups },
          'what agents from before this start left behind was removed',
        );
    } catch (error) {
      this.#options.log.error(
        { error: messageOf(error) },
        'what agents from before this start left behind could not be removed',
      );
    }
    this.#pruning ??= setInterval(() => void this.#prune(), PRUNE_EVERY_MS).unref();
    void this.#prune();
    await this.look();
  }

  stop(): void {
    clearInterval(this.#pruning);
    this.dirs.removeEmpty();
  }

  async #prune(): Promise<void> {
    try {
      const removed = await this.workspaces.prune(Date.now() - KEEP_IDLE_MS);
      if (removed.length > 0) this.#options.log.info({ workspaces: removed }, 'workspaces nobody used were removed');
    } catch (error) {
      this.#options.log.warn({ error: messageOf(error) }, 'workspaces nobody uses could not be removed');
    }
  }

  /** Looks for what may be installed meanwhile. */
  async look(): Promise<void> {
    this.#bubblewrap = await findBubblewrap(this.#options.path, slotUser(0));
    this.#looked.resolve();
    this.#onChange();
    await this.#askVersions();
  }

  /** Each program once, for as long as it is the same file. */
  async #askVersions(): Promise<void> {
    if ('problem' in this.#bubblewrap) return;
    const place = { program: this.#bubblewrap.program, runtimeDir: this.#options.runtimeDir };
    for (const name of this.#names()) {
      const entry = this.entry(name);
      const program = entry && this.programOf(entry);
      if (entry?.versionArgs === undefined || program === undefined) continue;
      if (
        await this.#versions.ask(name, { program, args: entry.versionArgs }, { place, user: slotUser(MOST_SLOTS - 1) })
      )
        this.#onChange();
    }
  }

  /** Resolves when it has looked once. */
  get looked(): Promise<void> {
    return this.#looked.promise;
  }

  get sandbox(): SandboxKind {
    return 'program' in this.#bubblewrap ? 'bubblewrap' : 'none';
  }

  /** @throws where there is none; `checks` says so before */
  get bubblewrap(): string {
    if ('problem' in this.#bubblewrap) throw new Error(this.#bubblewrap.problem);
    return this.#bubblewrap.program;
  }

  get gitBaseUrl(): string | undefined {
    return this.#options.gitBaseUrl;
  }

  /** That the policy of this host allows. */
  get networks(): readonly NetworkMode[] {
    return this.#options.policy.agents?.networks ?? NETWORK_MODES;
  }

  get freeSlots(): number {
    return Math.max(0, this.slots - this.#taken.size);
  }

  privateKeys(): readonly string[] {
    return this.#options.privateKeys();
  }

  takeSlot(): Slot | undefined {
    const place = Array.from({ length: this.slots }, (_, at) => at).find((at) => !this.#taken.has(at));
    if (place === undefined) return undefined;
    this.#taken.add(place);
    this.#onChange();
    return {
      index: place,
      user: slotUser(place),
      release: () => {
        this.#taken.delete(place);
        this.#onChange();
      },
    };
  }

  /** The entry of this host's own table, where the host has a word for the agent. */
  entry(name: string): AgentEntry | undefined {
    return entryOf(name, this.#options.definitions[name]);
  }

  /** As an order brings it. */
  entryFor(name: string, definition: AgentDefinition | undefined): AgentEntry | undefined {
    return definition === undefined ? undefined : entryOf(name, definition);
  }

  programOf({ command: [program = ''] }: AgentEntry): string | undefined {
    return resolveProgram(program, this.#options.path);
  }

  /** As it said itself; null where it was not asked, or did not say. */
  versionOf(name: string): string | null {
    return this.#versions.of(name) ?? null;
  }

  facts(): AgentHostFacts {
    const present = this.#names().flatMap((name) => {
      const entry = this.entry(name);
      return entry !== undefined && this.programOf(entry) !== undefined ? [{ name, entry }] : [];
    });
    const [key = ''] = this.privateKeys();
    return {
      agents: present.map(({ name, entry }) => ({
        name,
        version: this.versionOf(name) ?? '',
        model: entry.model ?? name,
      })),
      slots: this.slots,
      freeSlots: this.freeSlots,
      sandbox: this.sandbox,
      limits: this.limits.kind,
      problems: this.checks()
        .filter(({ ok }) => !ok)
        .map(({ message, mend = '' }) => (mend === '' ? message : `${message}: ${mend}`)),
      sealingKey: sealingKeyOf(key),
      networks: [...this.networks],
      workspaces: this.workspaces.ids,
    };
  }

  /** What has to be there for any agent to run. */
  checks(): DoctorCheck[] {
    const taken = accountsInTheWay();
    return [
      this.#sandboxCheck(),
      { name: 'limits', ok: true, message: describeLimits(this.limits.kind) },
      this.#gitCheck(),
      taken.length === 0
        ? { name: 'users', ok: true, message: 'the user ids of agents belong to nobody else' }
        : {
            name: 'users',
            ok: false,
            message: `the user ids of agents belong to ${taken.join(', ')}`,
            mend: 'give these accounts others',
          },
    ];
  }

  /** Looks at one agent, or at all. */
  agentChecks(only: string | undefined): DoctorCheck[] {
    return this.#names()
      .filter((name) => only === undefined || name === only)
      .flatMap((name): DoctorCheck[] => {
        const entry = this.entry(name);
        if (entry === undefined) return [];
        const [program = ''] = entry.command;
        if (this.programOf(entry) !== undefined)
          return [
            { name, ok: true, message: `${name} is there, ${this.versionOf(name) ?? 'its version is not known'}` },
          ];
        const mend = `install ${program} where the PATH of the node leads`;
        return [{ name, ok: false, message: `${program} is not on the PATH`, mend }];
      });
  }

  #sandboxCheck(): DoctorCheck {
    const name = 'sandbox';
    if ('program' in this.#bubblewrap) return { name, ok: true, message: 'agents run in bubblewrap' };
    const { problem, mend } = this.#bubblewrap;
    return { name, ok: false, message: problem, mend };
  }

  #gitCheck(): DoctorCheck {
    const name = 'git';
    if (resolveProgram('git', '/usr/local/bin:/usr/bin:/bin') !== undefined)
      return { name, ok: true, message: 'git is there' };
    return { name, ok: false, message: 'git is not installed', mend: 'apt-get install git' };
  }

  #names(): string[] {
    return [...new Set([...Object.keys(AGENT_PRESETS), ...Object.keys(this.#options.definitions)])].sort();
  }
}
