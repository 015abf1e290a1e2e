/**
 * The tunnels of this node: asked for on the session, dialled to the controller that waits, each on a connection of its own.
 * The target is dialled at the same time as the controller. What cannot be reached, or may not, is answered on the
 * session with a word of the closed list; then nobody is dialled, or the connection is closed again.
 */
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { TUNNEL_TIMES, TunnelRefused } from '#core/tunnels/tunnel.ts';
import { BlockStream } from '#protocol/bulk/block-stream.ts';
import {
  type KeptTerminal,
  TunnelMetrics,
  type TunnelOpen,
  TunnelReached,
} from '#protocol/gen/garrison/node/v1/node.ts';
import { joinStreams } from '#runtime/join-streams.ts';
import type { Log } from '#runtime/log.ts';
import { dialBulk } from '../bulk/dial-bulk.ts';
import type { Identity } from '../identity/identity.ts';
import type { ProxyFor } from '../session/http-proxy.ts';
import type { SessionLink } from '../session/session-link.ts';
import type { TerminalHost } from '../terminals/prepare-terminal.ts';
import type { Terminals } from '../terminals/serve-terminal.ts';
import { dialTarget } from './dial-target.ts';
import type { ExitRules } from './exit-policy.ts';

export interface TunnelsParts {
  readonly link: SessionLink;
  readonly identity: () => Identity;
  readonly proxyFor: ProxyFor;
  /** host:port of the session's controller, while there is a session. */
  readonly endpoint: () => string | undefined;
  readonly log: Log;
  /** Undefined: a node without a machine behind it, which opens none. */
  readonly host: TunnelHost | undefined;
}

export interface TunnelHost extends TerminalHost {
  readonly exitRules: ExitRules;
  /** Its own SSH server: whoever asks for the port of it is handed over without one. */
  readonly ssh?: { readonly port: number | undefined; serve(stream: Duplex, address: string): void } | undefined;
}

type Target = NonNullable<TunnelOpen['target']>;

/** What is at the near end, once it is there. */
interface Reached {
  readonly address: string;
  /** Carries the connection until it is over. */
  carry(connection: Duplex): Promise<void>;
  /** It is not wanted after all. */
  close(): void;
}

const MOST_TUNNELS = 256;

export class Tunnels {
  readonly #parts: TunnelsParts;
  readonly #stop = new AbortController();
  #count = 0;
  #metrics = TunnelMetrics.create();
  #terminals: Promise<Terminals> | undefined;
  /** The address this host last dialled a controller from. */
  #ownAddress: string | undefined;

  constructor(parts: TunnelsParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#count;
  }

  /** Since the daemon started. */
  get metrics(): TunnelMetrics {
    return { ...this.#metrics };
  }

  stop(): void {
    this.#stop.abort('the daemon stops');
  }

  /** Never rejects: whoever asked is told. */
  async open(asked: TunnelOpen): Promise<void> {
    this.#count += 1;
    try {
      await this.#open(asked);
    } catch (error) {
      this.#metrics.refused += 1;
      const { reason, message } = refusalOf(error);
      this.#parts.log.info({ reason, message }, 'a tunnel was refused');
      const refused = { channelId: asked.channelId, code: reason, message };
      this.#parts.link.send({ $case: 'bulk', value: { word: { $case: 'tunnelRefused', value: refused } } });
    } finally {
      this.#count -= 1;
    }
  }

  async #open({ channelId, target, token, withinMs, endpoints }: TunnelOpen): Promise<void> {
    if (this.#count > MOST_TUNNELS)
      throw new TunnelRefused('too_many', `${MOST_TUNNELS} tunnels are open on this node`);
    if (target === undefined) throw new TunnelRefused('broken', 'this daemon knows no tunnel of that kind; update it');
    const within = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(withinMs || TUNNEL_TIMES.openMs)]);
    const dialling = this.#dialController(endpoints, within);
    dialling.catch(() => {}); // told below
    const reaching = this.#reach(target, { id: channelId, dialling, within });
    const reached = await reaching.catch(async (error) => {
      void dialling.then((connection) => connection.destroy()).catch(() => {}); // nobody is told twice
      throw error;
    });
    const connection = await dialling.catch((error) => {
      reached.close();
      throw error;
    });
    await present(connection, token, reached.address);
    this.#metrics.opened += 1;
    const { bytesRead, bytesWritten } = connection;
    await reached.carry(connection).finally(() => {
      this.#metrics.closed += 1;
      if (this.#stop.signal.aborted) this.#metrics.drained += 1;
      this.#metrics.bytesUp += connection.bytesRead - bytesRead;
      this.#metrics.bytesDown += connection.bytesWritten - bytesWritten;
    });
  }

  async #reach(
    target: Target,
    { id, dialling, within }: { readonly id: string; readonly dialling: Promise<Duplex>; readonly within: AbortSignal },
  ): Promise<Reached> {
    const { host } = this.#parts;
    if (host === undefined) throw new TunnelRefused('policy_refused', 'this node opens no tunnels');
    if (target.$case === 'terminal')
      return reachTerminal(target.value, id, { host, terminals: await this.#loadTerminals() });
    if (target.$case === 'ssh') return reachSsh(host);
    const { port } = target.value;
    const { policy, exitRules: rules, ssh } = host;
    if (target.value.host === '' && ssh?.port === port) return reachSsh(host);
    const wanted = { host: target.value.host || undefined, port };
    const ownAddress = async () => {
      if (this.#ownAddress === undefined) await dialling.catch(() => {}); // it has none then
      return this.#ownAddress;
    };
    const dialled = await dialTarget({ policy, rules, ownAddress }, wanted, within);
    return {
      address: dialled.address,
      carry: async (connection) => {
        await joinStreams(connection, dialled.socket, { signal: this.#stop.signal });
      },
      close: () => dialled.socket.destroy(),
    };
  }

  /** Seldom used: loaded with the first. */
  #loadTerminals(): Promise<Terminals> {
    this.#terminals ??= import('../terminals/serve-terminal.ts').then(({ Terminals: Loaded }) => new Loaded());
    return this.#terminals;
  }

  /** First the way that the session took, which is known to be open; behind a balancer it may lead to another controller. */
  async #dialController(endpoints: readonly string[], within: AbortSignal): Promise<TLSSocket> {
    const { identity, proxyFor, endpoint } = this.#parts;
    const current = endpoint();
    const isOwn = current !== undefined && (endpoints.length === 0 || endpoints.includes(current));
    let problem: unknown = new TunnelRefused('broken', 'the controller named no address to dial');
    for (const way of new Set([
      ...(isOwn ? [current] : []),
      ...endpoints,
      ...(current === undefined ? [] : [current]),
    ])) {
      try {
        const socket = await dialBulk({ identity: identity(), endpoint: way, proxy: proxyFor(way) }, within);
        this.#ownAddress = socket.localAddress ?? this.#ownAddress;
        return socket;
      } catch (error) {
        problem = error;
        within.throwIfAborted();
      }
    }
    throw problem;
  }
}

/** The token, what was reached; from then on the connection has no form of its own. */
async function present(connection: Duplex, token: Uint8Array, address: string): Promise<void> {
  connection.on('error', () => connection.destroy());
  const blocks = new BlockStream(connection);
  await blocks.write(token);
  await blocks.write(TunnelReached.encode({ address }).finish());
  blocks.release();
}

function reachSsh({ ssh }: TunnelHost): Reached {
  if (ssh === undefined) throw new TunnelRefused('policy_refused', 'this node has no SSH server');
  return {
    address: 'ssh',
    carry: async (connection) => {
      const closed = new Promise<void>((resolve) => connection.once('close', () => resolve()));
      ssh.serve(connection, '');
      await closed;
    },
    close: () => {},
  };
}

function reachTerminal(
  { command, user, window, kept }: Extract<Target, { $case: 'terminal' }>['value'],
  id: string,
  { host, terminals }: { readonly host: TunnelHost; readonly terminals: Terminals },
): Reached {
  const target = { command, user: user || undefined, terminal: window, kept: kept && keptOf(kept) };
  return {
    address: 'terminal',
    carry: (connection) => terminals.serve(connection, { id, target }, host),
    close: () => {},
  };
}

function keptOf({ sessionId, keepSeconds, resumes, position }: KeptTerminal) {
  return { sessionId, keepSeconds, resumesAt: resumes ? position : undefined };
}

function refusalOf(error: unknown): TunnelRefused {
  if (error instanceof TunnelRefused) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new TunnelRefused('broken', `the node could not open the tunnel: ${message}`, { cause: error });
}
