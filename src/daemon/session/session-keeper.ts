/**
 * Keeps a session with a controller, as long as the daemon lives.
 *
 * connecting  a stream is being opened to one endpoint; → open on Welcome, → waiting when it fails
 * open        → waiting when it is lost or the controller sends us away, → connecting at once when we have a new certificate
 * waiting     backoff with full jitter (0.5 to 60 s), or as long as the controller said; → connecting
 * over        the controller has revoked this node, or we were stopped; left by nothing
 *
 * A controller that cannot be reached is followed by the next one soon; the backoff grows when none of those known could be.
 * The backoff starts over once a session has been open for `STABLE_MS`; a session that ends sooner counts as one more
 * failure, so that two daemons with one identity, or a controller that drops us at once, do not cost anybody much.
 *
 * Only the word `revoked` of a controller whose certificate leads to our own authorities ends it. A controller that does not
 * know our certificate has perhaps been restored from an older backup: we wait, say why, and try again, also with the certificate
 * we had before (`formerly`), which is kept until the one that took its place has worked once. Where that one works, it is
 * our identity again, and a new one is asked for.
 *
 * A dead peer is found by the pings of HTTP/2, and by acknowledgements that do not come.
 */
import { randomUUID } from 'node:crypto';
import { status as Status } from '@grpc/grpc-js';
import type { Heartbeat, Hello, Reconnect, Welcome } from '#protocol/gen/garrison/node/v1/node.ts';
import { PROTOCOL_VERSION } from '#protocol/protocol-version.ts';
import { Backoff } from '#runtime/backoff.ts';
import type { Log } from '#runtime/log.ts';
import type { Service } from '#runtime/service.ts';
import { formerIdentity, type Identity } from '../identity/identity.ts';
import { Connection } from './connection.ts';
import { EndpointList } from './endpoint-list.ts';
import { type ControllerWord, holdSession, type SessionEnd } from './hold-session.ts';
import { isUntrusted, noProxy, type ProxyAddress, type ProxyFor, suspectProxy } from './http-proxy.ts';
import { openChannel } from './open-channel.ts';
import type { OutgoingFrame, SessionLink } from './session-link.ts';

/** What the keeper asks of those it works for. */
export interface SessionUser {
  /** For Hello, but for what the keeper knows itself. */
  greeting(): Omit<Hello, 'protocolVersion' | 'bootId'>;
  heartbeat(): Omit<Heartbeat, 'at'>;
  /** How long something that was sent has waited for its acknowledgement. */
  unacknowledgedForMs(): number;
  onWelcome(welcome: Welcome): void;
  /** A controller has said where controllers are. */
  onEndpoints(): void;
  onWord(word: ControllerWord): void;
  onDrain(): void;
}

export interface SessionTiming {
  readonly backoffFirstMs: number;
  readonly backoffMaxMs: number;
  readonly welcomeWithinMs: number;
  readonly keepaliveMs: number;
  readonly keepaliveTimeoutMs: number;
  /** An acknowledgement that takes longer means that the session is dead, whatever its connection says. */
  readonly acknowledgeWithinMs: number;
  readonly stableMs: number;
}

export const DEFAULT_TIMING: SessionTiming = {
  backoffFirstMs: 500,
  backoffMaxMs: 60_000,
  welcomeWithinMs: 30_000,
  keepaliveMs: 20_000,
  keepaliveTimeoutMs: 10_000,
  acknowledgeWithinMs: 120_000,
  stableMs: 10_000,
};

export interface SessionKeeperParts {
  readonly identity: () => Identity;
  /** A session was opened with this identity: the present one, or the one before it. */
  readonly onIdentityWorks?: (identity: Identity) => void;
  readonly user: SessionUser;
  readonly log: Log;
  readonly timing?: Partial<SessionTiming>;
  readonly random?: () => number;
  /** Default: none. */
  readonly proxyFor?: ProxyFor | undefined;
}

export type SessionState =
  | { readonly kind: 'connecting'; readonly endpoint: string }
  | {
      readonly kind: 'open';
      readonly endpoint: string;
      readonly controllerId: string;
      readonly epoch: number;
      readonly since: Date;
    }
  | { readonly kind: 'waiting'; readonly until: Date; readonly problem: string }
  | { readonly kind: 'over'; readonly end: KeeperEnd };

export type KeeperEnd = { readonly kind: 'stopped' } | { readonly kind: 'revoked'; readonly reason: string };

const DEFAULT_HEARTBEAT_MS = 15_000;

export class SessionKeeper implements Service, SessionLink {
  readonly name = 'session';
  /** Resolves when there will be no further session. */
  readonly ended: Promise<KeeperEnd>;
  readonly #parts: SessionKeeperParts;
  readonly #timing: SessionTiming;
  readonly #endpoints: EndpointList;
  readonly #backoff: Backoff;
  readonly #bootId = randomUUID();
  readonly #stop = new AbortController();
  readonly #end = Promise.withResolvers<KeeperEnd>();
  readonly #opened = new Set<() => void>();
  readonly #changed = new Set<() => void>();
  #state: SessionState = { kind: 'waiting', until: new Date(0), problem: 'not started' };
  /** The one that is being made or is there. */
  #connection: Connection | undefined;
  /** The next attempt is made with the certificate we had before. */
  #triesFormer = false;
  #running: Promise<void> | undefined;

  constructor(parts: SessionKeeperParts) {
    this.#parts = parts;
    this.#timing = { ...DEFAULT_TIMING, ...parts.timing };
    this.#endpoints = new EndpointList(parts.identity().endpoints, parts.random);
    this.ended = this.#end.promise;
    const { backoffFirstMs: firstMs, backoffMaxMs: maxMs } = this.#timing;
    this.#backoff = new Backoff({ firstMs, maxMs, ...(parts.random !== undefined && { random: parts.random }) });
  }

  get state(): SessionState {
    return this.#state;
  }

  get endpoints(): readonly string[] {
    return this.#endpoints.all;
  }

  /** The connection of the session; undefined while none is open. */
  get connection(): Connection | undefined {
    return this.#state.kind === 'open' ? this.#connection : undefined;
  }

  get isWritable(): boolean {
    return this.#connection?.link?.isWritable === true;
  }

  send(frame: OutgoingFrame): void {
    this.#connection?.link?.send(frame);
  }

  /** Calls back whenever `state` has changed. */
  onChange(listener: () => void): void {
    this.#changed.add(listener);
  }

  /** Resolves when a session is open; at once when one is. */
  opened(): Promise<void> {
    if (this.#state.kind === 'open') return Promise.resolve();
    return new Promise((resolve) => this.#opened.add(resolve));
  }

  /** Resolves when the keeper has begun, not when there is a session: the controller may be away for hours. */
  async start(): Promise<void> {
    this.#running ??= this.#keep();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#connection?.leave();
    await this.#running;
    this.#enter({ kind: 'over', end: { kind: 'stopped' } });
    this.#end.resolve({ kind: 'stopped' });
  }

  learnEndpoints(endpoints: readonly string[]): void {
    this.#endpoints.learn(endpoints);
    this.#parts.user.onEndpoints();
  }

  /** The identity has changed: opens the next session with it. */
  identityChanged(): void {
    this.#connection?.leave();
  }

  async #keep(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const end = await this.#hold();
      if (this.#stop.signal.aborted) return;
      if (end.kind === 'revoked' && !this.#triesFormer) return this.#finish(end.reason);
      const waitMs = this.#waitAfter(end);
      await this.#wait(waitMs, problemOf(end));
    }
  }

  async #hold(): Promise<SessionEnd> {
    const endpoint = this.#endpoints.current;
    this.#enter({ kind: 'connecting', endpoint });
    const { keepaliveMs: timeMs, keepaliveTimeoutMs: timeoutMs, welcomeWithinMs, stableMs } = this.#timing;
    const identity = this.#identity();
    const proxy = (this.#parts.proxyFor ?? noProxy)(endpoint);
    const client = openChannel(identity, { endpoint, proxy }, { timeMs, timeoutMs });
    const connection = new Connection(endpoint, client, identity);
    this.#connection = connection;
    const end = await holdSession({
      client,
      welcomeWithinMs,
      signal: connection.left,
      hello: { ...this.#parts.user.greeting(), protocolVersion: PROTOCOL_VERSION, bootId: this.#bootId },
      handlers: {
        onWelcome: (welcome, link) => this.#welcomed(welcome, link, connection),
        onWord: (word) => this.#parts.user.onWord(word),
        onDrain: () => this.#parts.user.onDrain(),
      },
    });
    connection.close();
    this.#connection = undefined;
    if (connection.wasOpenFor(stableMs)) this.#backoff.reset();
    return suspecting(end, proxy, endpoint);
  }

  #welcomed(welcome: Welcome, link: SessionLink, connection: Connection): void {
    const { controllerId, epoch, heartbeatIntervalMs } = welcome;
    const { endpoint } = connection;
    this.#triesFormer = false;
    this.#parts.onIdentityWorks?.(connection.identity);
    connection.opened(link, () => this.#beat(), heartbeatIntervalMs || DEFAULT_HEARTBEAT_MS);
    this.#endpoints.worked(welcome.endpoints);
    this.#enter({ kind: 'open', endpoint, controllerId, epoch, since: new Date() });
    this.#parts.log.info({ endpoint, controllerId, epoch }, 'a session is open');
    this.#parts.user.onEndpoints();
    this.#parts.user.onWelcome(welcome);
    for (const resolve of this.#opened) resolve();
    this.#opened.clear();
  }

  #beat(): void {
    const { user, log } = this.#parts;
    const silentMs = user.unacknowledgedForMs();
    if (silentMs > this.#timing.acknowledgeWithinMs) {
      log.warn({ silentMs }, 'the controller has stopped acknowledging; the session is opened again');
      this.#connection?.leave();
    } else if (this.isWritable) {
      this.send({ $case: 'heartbeat', value: { ...user.heartbeat(), at: new Date() } });
    }
  }

  #waitAfter(end: SessionEnd): number {
    switch (end.kind) {
      case 'sent_away':
        return this.#waitAsAsked(end.hint);
      case 'left':
        return this.#backoff.failures === 0 ? 0 : this.#backoff.nextMs();
      case 'refused':
      case 'not_known':
      case 'revoked': // of the certificate before the present one
        this.#endpoints.failed();
        this.#triesFormer = !this.#triesFormer && this.#parts.identity().formerly !== undefined;
        return this.#backoff.nextMs();
      case 'unreachable':
        return this.#endpoints.failed() ? this.#random() * this.#timing.backoffFirstMs : this.#backoff.nextMs();
      default:
        return this.#backoff.nextMs();
    }
  }

  #identity(): Identity {
    const current = this.#parts.identity();
    return (this.#triesFormer ? formerIdentity(current) : undefined) ?? current;
  }

  #waitAsAsked({ afterMs, spreadMs, endpoints }: Reconnect): number {
    this.#endpoints.goTo(endpoints);
    this.#parts.user.onEndpoints();
    return afterMs + Math.floor(this.#random() * spreadMs);
  }

  #random(): number {
    return (this.#parts.random ?? Math.random)();
  }

  async #wait(waitMs: number, problem: string | undefined): Promise<void> {
    if (problem !== undefined) {
      const { failures } = this.#backoff;
      this.#parts.log.warn({ problem, waitMs, failures }, 'there is no session with a controller');
      this.#enter({ kind: 'waiting', until: new Date(Date.now() + waitMs), problem });
    }
    const over = Promise.withResolvers<void>();
    const timer = setTimeout(over.resolve, waitMs);
    const onStop = () => over.resolve();
    this.#stop.signal.addEventListener('abort', onStop);
    await over.promise;
    clearTimeout(timer);
    this.#stop.signal.removeEventListener('abort', onStop);
  }

  #finish(reason: string): void {
    const end: KeeperEnd = { kind: 'revoked', reason };
    this.#enter({ kind: 'over', end });
    this.#end.resolve(end);
  }

  #enter(state: SessionState): void {
    if (this.#state.kind === 'over') return;
    this.#state = state;
    for (const listener of this.#changed) listener();
  }
}

/** A certificate that is not the controller's may be that of a proxy which opens TLS. */
function suspecting(end: SessionEnd, proxy: ProxyAddress | undefined, endpoint: string): SessionEnd {
  if (end.kind !== 'unreachable' || !isUntrusted(end.message)) return end;
  return { ...end, message: end.message + suspectProxy(proxy, endpoint) };
}

/** For people; undefined where nothing is wrong. */
function problemOf(end: SessionEnd): string | undefined {
  switch (end.kind) {
    case 'left':
      return undefined;
    case 'sent_away':
      return `the controller asked to come back later: ${end.hint.reason || 'it is stopping'}`;
    case 'revoked':
      return `the certificate before the present one is revoked: ${end.reason}`;
    case 'refused':
      return end.code === Status.FAILED_PRECONDITION
        ? `controller and daemon are not compatible: ${end.message}`
        : `the controller refuses this node: ${end.message}`;
    default:
      return end.message;
  }
}
