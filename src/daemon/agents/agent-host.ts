import { availableParallelism } from 'node:os';
import { AGENT_PRESETS, type AgentEntry } from '#protocol/agents/agent-presets.ts';
import { entryOf } from '#protocol/agents/agents-file.ts';
import type { AgentHost as AgentHostFacts } from '#protocol/gen/garrison/node/v1/node.ts';
import { sealingKeyOf } from '#protocol/sealing/seal-to-node.ts';
import type { DoctorCheck, SandboxKind } from '#protocol/tools/agent-result.ts';
import { type AgentDefinition, NETWORK_MODES } from '#protocol/tools/agent-run.ts';
import type { Policy } from '../policy/policy.ts';
import { resolveProgram } from '../policy/resolve-program.ts';
import { describeLimits, findLimits, type Limits } from './limits/find-limits.ts';
import { type Bubblewrap, findBubblewrap } from './sandbox/find-bubblewrap.ts';
import { accountsInTheWay, MOST_SLOTS, slotUser } from './slots/slot-users.ts';

export interface AgentHostOptions {
  readonly policy: Policy;
  /** PATH that agents are looked for on. */
  readonly path: string;
  /** Of `GARRISON_AGENTS`. */
  readonly definitions: Readonly<Record<string, AgentDefinition>>;
  /** Default: as many as there are processors, two at least. */
  readonly slots?: number | undefined;
  /** PEM of the node's key, as it is now. */
  readonly privateKey: () => string;
}

/** What this host has for agents: which ones, how they are kept apart, and how many at a time. */
export class AgentHost {
  readonly #options: AgentHostOptions;
  readonly limits: Limits = findLimits();
  readonly slots: number;
  #bubblewrap: Bubblewrap = { problem: 'bubblewrap has not been looked for yet', mend: 'wait a moment' };
  #taken = 0;

  constructor(options: AgentHostOptions) {
    this.#options = options;
    const slots = options.policy.agents?.slots ?? options.slots ?? Math.max(2, availableParallelism());
    this.slots = Math.min(slots, MOST_SLOTS);
  }

  /** Looks for what may be installed meanwhile. */
  async look(): Promise<void> {
    this.#bubblewrap = await findBubblewrap(this.#options.path, slotUser(0));
  }

  get sandbox(): SandboxKind {
    if ('program' in this.#bubblewrap) return 'bubblewrap';
    return this.#options.policy.agents?.allowsPlainUser === true && process.getuid?.() === 0 ? 'user' : 'none';
  }

  get freeSlots(): number {
    return Math.max(0, this.slots - this.#taken);
  }

  /** Of this host's own table, whether its program is there or not. */
  entry(name: string): AgentEntry | undefined {
    return entryOf(name, this.#options.definitions[name]);
  }

  facts(): AgentHostFacts {
    return {
      agents: this.#names()
        .filter((name) => this.#programOf(name) !== undefined)
        .map((name) => ({ name, version: '', model: this.entry(name)?.model ?? name })),
      slots: this.slots,
      freeSlots: this.freeSlots,
      sandbox: this.sandbox,
      limits: this.limits.kind,
      problems: this.checks()
        .filter(({ ok }) => !ok)
        .map(({ message, mend = '' }) => (mend === '' ? message : `${message}: ${mend}`)),
      sealingKey: sealingKeyOf(this.#options.privateKey()),
      networks: [...(this.#options.policy.agents?.networks ?? NETWORK_MODES)],
      workspaces: [],
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
        ? { name: 'users', ok: true, message: 'every slot has a user id of its own' }
        : {
            name: 'users',
            ok: false,
            message: `the user ids of agents belong to ${taken.join(', ')}`,
            mend: 'give these accounts others',
          },
    ];
  }

  #sandboxCheck(): DoctorCheck {
    const name = 'sandbox';
    const { sandbox } = this;
    if (sandbox === 'bubblewrap') return { name, ok: true, message: 'agents run in bubblewrap' };
    const { problem, mend } = 'problem' in this.#bubblewrap ? this.#bubblewrap : { problem: '', mend: '' };
    if (sandbox === 'user')
      return {
        name,
        ok: true,
        message: `agents run as users of their own and are not kept apart further (${problem})`,
      };
    return { name, ok: false, message: problem, mend };
  }

  #gitCheck(): DoctorCheck {
    const name = 'git';
    if (resolveProgram('git', this.#options.path) !== undefined) return { name, ok: true, message: 'git is there' };
    return { name, ok: false, message: 'git is not installed', mend: 'apt-get install git' };
  }

  #names(): string[] {
    return [...new Set([...Object.keys(AGENT_PRESETS), ...Object.keys(this.#options.definitions)])].sort();
  }

  #programOf(name: string): string | undefined {
    const [program = ''] = this.entry(name)?.command ?? [];
    return resolveProgram(program, this.#options.path);
  }
}
