import { basename, join } from 'node:path';
import type { AgentEntry } from '#protocol/agents/agent-presets.ts';
import type { AgentRunArgs, NetworkMode } from '#protocol/tools/agent-run.ts';
import { ownProgram } from '../../tools/own-program.ts';
import type { Mount } from '../sandbox/sandbox-spec.ts';
import type { RunDir } from '../slots/agent-dirs.ts';
import type { SlotUser } from '../slots/slot-users.ts';
import { type AskForMore, BudgetGate } from './budget-gate.ts';
import { EgressProxy } from './egress-proxy.ts';
import { ModelRelay } from './model-relay.ts';
import { UsageMeter } from './usage-meter.ts';

export interface Network {
  readonly mode: NetworkMode;
  /** The hosts of the allow-list and the git host. */
  readonly hosts: readonly string[];
}

/** What an order says; where it says nothing, the git host alone, as far as the policy of this host lets agents out. */
export function networkOf(
  { network, repository }: Pick<AgentRunArgs, 'network' | 'repository'>,
  allowed: readonly NetworkMode[],
): Network {
  const gitHost = hostOf(repository?.base_url);
  const mode = network?.mode ?? (gitHost.length > 0 && allowed.includes('allow-list') ? 'allow-list' : 'off');
  return { mode, hosts: mode === 'allow-list' ? [...new Set([...(network?.hosts ?? []), ...gitHost])] : [] };
}

function hostOf(url: string | undefined): string[] {
  if (url === undefined || !URL.canParse(url)) return [];
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:') return [];
  return [`${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`];
}

export interface WaysOutOptions {
  readonly entry: AgentEntry;
  readonly network: Network;
  readonly budget: AgentRunArgs['budget'];
  /** Asked once the budget is spent; undefined: nobody is. */
  readonly askForMore: AskForMore | undefined;
  /** The key for the provider. */
  readonly key: string | undefined;
  /** What the agent has in its place. */
  readonly ownKey: string;
  readonly slotIndex: number;
  readonly run: RunDir;
  readonly user: SlotUser | undefined;
}

const MODEL_SOCKET = '/run/inside/model.sock';
const PROXY_SOCKET = '/run/inside/proxy.sock';
const NODE = '/run/inside/node';
const FIRST_PORT = 8400;

/** How an agent reaches what it may reach: ports of its loopback, sockets that lead out, and servers of ours behind them. */
export class WaysOut {
  readonly meter: UsageMeter;
  readonly gate: BudgetGate;
  readonly relay: ModelRelay | undefined;
  readonly proxy: EgressProxy | undefined;
  readonly modelPort: number;
  readonly proxyPort: number;
  readonly #sockets: { readonly model: string; readonly proxy: string };

  constructor({ entry, network, budget, askForMore, key, ownKey, slotIndex, run, user }: WaysOutOptions) {
    this.meter = new UsageMeter(budget);
    this.gate = new BudgetGate(this.meter, askForMore);
    this.modelPort = FIRST_PORT + 2 * slotIndex;
    this.proxyPort = this.modelPort + 1;
    this.#sockets = { model: join(run.sockets, 'model.sock'), proxy: join(run.sockets, 'proxy.sock') };
    if (entry.relay !== undefined)
      this.relay = new ModelRelay({
        socket: this.#sockets.model,
        user,
        target: entry.relay,
        key,
        ownKey,
        meter: this.meter,
        gate: this.gate,
      });
    if (network.mode === 'allow-list')
      this.proxy = new EgressProxy({ socket: this.#sockets.proxy, user, hosts: network.hosts });
  }

  async start(): Promise<void> {
    await this.relay?.start();
    await this.proxy?.start();
  }

  async stop(): Promise<void> {
    await this.relay?.stop();
    await this.proxy?.stop();
  }

  get mounts(): Mount[] {
    if (this.#ways.length === 0) return [];
    const program = this.#program;
    return [
      { outside: process.execPath, inside: NODE },
      { outside: program, inside: insideName(program) },
      ...(this.relay === undefined ? [] : [{ outside: this.#sockets.model, inside: MODEL_SOCKET }]),
      ...(this.proxy === undefined ? [] : [{ outside: this.#sockets.proxy, inside: PROXY_SOCKET }]),
    ];
  }

  /** The command with what opens the ways in front of it, where there are any. */
  wrap(command: readonly [string, ...string[]]): readonly [string, ...string[]] {
    if (this.#ways.length === 0) return command;
    return [NODE, '--disable-warning=ExperimentalWarning', insideName(this.#program), ...this.#ways, '--', ...command];
  }

  get #ways(): string[] {
    return [
      ...(this.relay === undefined ? [] : [`${this.modelPort}=${MODEL_SOCKET}`]),
      ...(this.proxy === undefined ? [] : [`${this.proxyPort}=${PROXY_SOCKET}`]),
    ];
  }

  get #program(): string {
    return ownProgram('agent-inside', import.meta.dirname).at(-1) ?? '';
  }
}

function insideName(program: string): string {
  return `/run/inside/${basename(program)}`;
}
