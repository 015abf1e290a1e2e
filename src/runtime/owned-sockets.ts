/**
 * The raw sockets of one listener. Whoever accepts a connection gives its socket here before anything else is done with
 * it, so that no library above (TLS, HTTP, HTTP/2) can lose one: a socket that is late is destroyed, and `endAll` knows
 * every one that is left.
 *
 * `waiting`: accepted, and not looked at yet; only the bounds on the number apply. → `shaking` when its handshake begins,
 * where the listener has one. → `unused` when hands are shaken: it must make its first call in time. → `used`: a
 * call is under way, or the last one ended less than `idleMs` ago. Any → closed, by either end.
 *
 * Time that the process did not get to look does not count, so a busy controller does not blame its peers for being late.
 */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { AddressDebts } from './address-debts.ts';
import type { Log } from './log.ts';

export interface SocketLimits {
  /** Sockets in all; further ones are closed at once. */
  readonly most: number;
  /** Unsettled sockets of one IPv4 address or one IPv6 network of 64 bits; further ones are closed at once. */
  readonly mostPerAddress: number;
  /** Addresses that speak for many, and to which only the bound on all sockets applies. */
  readonly isProxy?: (address: string) => boolean;
  /** From the first byte to the end of the handshake. Default 10,000 ms. */
  readonly handshakeMs?: number;
  /** From the handshake to the first call. Default 30,000 ms. */
  readonly firstUseMs?: number;
  /** Without a call, after one. Default 75,000 ms. */
  readonly idleMs?: number;
  /** During a call, while the peer takes nothing of what is written to it. Default 300,000 ms. */
  readonly stalledMs?: number;
  /** What a connection may send before it settles, bytes; beyond that it is dropped. Default: no bound. */
  readonly mostBytesUnsettled?: number;
  /** What a metered connection may send beside what it carries; beyond that it is dropped. Default: 16 MiB, and 64 KiB a second. */
  readonly besideCarried?: { readonly atOnce: number; readonly perSecond: number };
}

export interface OwnedSocketsOptions {
  readonly limits: SocketLimits;
  /** Name of the listener, for the log. */
  readonly name: string;
  readonly log: Log;
  /** Where the connections of each address are entered; `isPaidBy` is what shows that one belongs here. */
  readonly debts?: { readonly accounts: AddressDebts; readonly isPaidBy: 'first call' | 'settling' };
}

/** What has come and nobody read yet is among it: a connection may be a window ahead. */
const BESIDE_CARRIED = { atOnce: 16 << 20, perSecond: 64 << 10 };

/** What a message costs on the line beside its bytes: its own heads, and those of the records and frames it is cut into. */
const HEADS_OF_A_MESSAGE = 128;
const HEADS_OF_A_BYTE = 0.1;

const TELL_EVERY_MS = 60_000;
const WEIGH_EVERY_MS = 50;

/** Above the socket: what is written to it goes through TLS first. */
type Writer = Pick<Duplex, 'writableLength'> & { readonly bytesWritten?: number };

type Stage =
  | { readonly is: 'waiting' }
  | { readonly is: 'shaking' | 'unused'; readonly until: number }
  | {
      readonly is: 'used';
      calls: number;
      idleFrom: number;
      writer: Writer | undefined;
      written: number;
      movedAt: number;
    };

interface Entry {
  readonly socket: Socket;
  readonly network: string;
  stage: Stage;
  isSettled: boolean;
  /** It takes part in the debts of its address. */
  account: 'none' | 'open' | 'paid';
  misbehaved: boolean;
  meter: Meter | undefined;
}

interface Meter {
  readonly since: number;
  carried: number;
}

export class OwnedSockets {
  readonly #options: OwnedSocketsOptions;
  readonly #limits: Required<Omit<SocketLimits, 'isProxy'>> & Pick<SocketLimits, 'isProxy'>;
  /** Past their turn, and not settled. */
  readonly #strangers = new Set<Entry>();
  readonly #entries = new Map<string, Entry>();
  readonly #unsettled = new Map<string, number>();
  readonly #lookEveryMs: number;
  #time = 0;
  #lookedAt = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #weighing: NodeJS.Timeout | undefined;
  #refused = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(options: OwnedSocketsOptions) {
    this.#options = options;
    const times = { handshakeMs: 10_000, firstUseMs: 30_000, idleMs: 75_000, stalledMs: 300_000 };
    const bytes = { mostBytesUnsettled: Number.POSITIVE_INFINITY, besideCarried: BESIDE_CARRIED };
    this.#limits = { ...times, ...bytes, ...options.limits };
    const { handshakeMs, firstUseMs, idleMs, stalledMs } = this.#limits;
    this.#lookEveryMs = Math.min(1_000, Math.max(5, Math.min(handshakeMs, firstUseMs, idleMs, stalledMs) / 4));
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Owns a socket from now on. False: there is no room for it, and it has been closed. */
  take(socket: Socket): boolean {
    socket.on('error', () => socket.destroy());
    const { remoteAddress, remotePort } = socket;
    const network = ipNetworkOf(remoteAddress ?? '');
    if (remoteAddress === undefined || !this.#hasRoom(remoteAddress, network)) {
      if (remoteAddress !== undefined) this.#refused += 1;
      socket.destroy();
      return false;
    }
    const key = `${remoteAddress}:${remotePort}`;
    const entry: Entry = {
      socket,
      network,
      stage: { is: 'waiting' },
      isSettled: false,
      account: 'none',
      misbehaved: false,
      meter: undefined,
    };
    this.#entries.set(key, entry);
    this.#unsettled.set(network, (this.#unsettled.get(network) ?? 0) + 1);
    socket.once('close', () => {
      this.#closeAccount(entry);
      this.#settle(entry);
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    this.#timer ??= setInterval(() => this.#look(), this.#lookEveryMs).unref();
    return true;
  }

  /** Its handshake begins. `peer` is `address:port`, of the far end. */
  shaking(peer: string): void {
    this.#enter(peer, { is: 'shaking', until: this.#time + this.#limits.handshakeMs });
  }

  /** It has to make its first call now. */
  ready(peer: string): void {
    this.#enter(peer, { is: 'unused', until: this.#time + this.#limits.firstUseMs });
  }

  /** A call begins on it; it ends when what is returned is called, once. */
  use(peer: string, writer?: Writer): () => void {
    const entry = this.#entries.get(peer);
    if (entry === undefined) return () => {};
    const before = entry.stage.is === 'used' ? entry.stage : undefined;
    const stage = before ?? { is: 'used', calls: 0, idleFrom: 0, writer, written: 0, movedAt: this.#time };
    if (stage.calls === 0) stage.movedAt = this.#time;
    stage.calls += 1;
    entry.stage = stage;
    if (this.#options.debts?.isPaidBy === 'first call') this.#pay(entry);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      stage.calls -= 1;
      stage.idleFrom = this.#time;
    };
  }

  /** It has shown that it belongs here: it counts among those of its address no more. */
  settle(peer: string): void {
    const entry = this.#entries.get(peer);
    if (entry === undefined) return;
    this.#pay(entry);
    this.#settle(entry);
  }

  /**
   * From now on it has to carry what it sends. What is returned is told the bytes of each message that came; frames of
   * HTTP/2 that carry nothing are read below us, and cost the process all the same.
   */
  meter(peer: string): (bytes: number) => void {
    const entry = this.#entries.get(peer);
    if (entry === undefined) return () => {};
    entry.meter ??= { since: this.#time, carried: entry.socket.bytesRead };
    const { meter } = entry;
    return (bytes) => {
      meter.carried += bytes * (1 + HEADS_OF_A_BYTE) + HEADS_OF_A_MESSAGE;
    };
  }

  /** Ends it for what it did, whatever is under way. */
  drop(peer: string): void {
    const entry = this.#entries.get(peer);
    if (entry !== undefined) this.#drop(entry);
  }

  /** Ends those on which no call is under way. */
  endIdle(): void {
    for (const { socket, stage } of this.#entries.values()) {
      if (stage.is !== 'used' || stage.calls === 0) socket.destroy();
    }
  }

  /** Ends all. */
  endAll(): void {
    clearInterval(this.#timer);
    clearInterval(this.#weighing);
    this.#timer = undefined;
    this.#weighing = undefined;
    for (const { socket } of this.#entries.values()) socket.destroy();
  }

  #hasRoom(address: string, network: string): boolean {
    const { most, mostPerAddress, isProxy } = this.#limits;
    if (this.#entries.size >= most) return false;
    return (this.#unsettled.get(network) ?? 0) < mostPerAddress || isProxy?.(address) === true;
  }

  #enter(peer: string, stage: Stage): void {
    const entry = this.#entries.get(peer);
    if (entry === undefined) return;
    if (entry.stage.is === 'waiting') this.#openAccount(entry);
    entry.stage = stage;
    if (entry.isSettled || this.#limits.mostBytesUnsettled === Number.POSITIVE_INFINITY) return;
    this.#strangers.add(entry);
    this.#weighing ??= setInterval(() => this.#weigh(), WEIGH_EVERY_MS).unref();
  }

  /** What libraries read below us (frames of HTTP/2 that carry nothing) is seen here only. */
  #weigh(): void {
    for (const entry of this.#strangers) {
      if (entry.socket.bytesRead > this.#limits.mostBytesUnsettled) this.#drop(entry);
    }
    if (this.#strangers.size > 0) return;
    clearInterval(this.#weighing);
    this.#weighing = undefined;
  }

  #drop(entry: Entry): void {
    entry.misbehaved = true;
    entry.socket.destroy();
  }

  #openAccount(entry: Entry): void {
    const { debts } = this.#options;
    if (debts === undefined || this.#limits.isProxy?.(entry.socket.remoteAddress ?? '')) return;
    entry.account = 'open';
    debts.accounts.letIn(entry.network);
  }

  #pay(entry: Entry): void {
    if (entry.account !== 'open') return;
    entry.account = 'paid';
    this.#options.debts?.accounts.showedItsWorth(entry.network);
  }

  /** Whoever has sent nothing has only looked whether the port is open, and cost no handshake. */
  #closeAccount({ socket, network, account, misbehaved }: Entry): void {
    const accounts = this.#options.debts?.accounts;
    if (account === 'none') return;
    if (misbehaved) accounts?.misbehaved(network);
    else if (account === 'open' && socket.bytesRead > 0) accounts?.cameToNothing(network);
  }

  #settle(entry: Entry): void {
    if (entry.isSettled) return;
    entry.isSettled = true;
    this.#strangers.delete(entry);
    const left = (this.#unsettled.get(entry.network) ?? 1) - 1;
    if (left === 0) this.#unsettled.delete(entry.network);
    else this.#unsettled.set(entry.network, left);
  }

  #look(): void {
    const now = performance.now();
    this.#time += Math.min(now - this.#lookedAt, 2 * this.#lookEveryMs);
    this.#lookedAt = now;
    for (const entry of this.#entries.values()) {
      if (this.#isLate(entry.stage)) entry.socket.destroy();
      else if (this.#carriesTooLittle(entry)) this.#drop(entry);
    }
    this.#tell(now);
    if (this.#entries.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  #isLate(stage: Stage): boolean {
    if (stage.is === 'waiting') return false;
    if (stage.is !== 'used') return this.#time >= stage.until;
    if (stage.calls === 0) return this.#time - stage.idleFrom >= this.#limits.idleMs;
    return this.#isStalled(stage);
  }

  #carriesTooLittle({ socket, meter }: Entry): boolean {
    if (meter === undefined) return false;
    const { atOnce, perSecond } = this.#limits.besideCarried;
    const beside = atOnce + (perSecond * (this.#time - meter.since)) / 1000;
    return socket.bytesRead - meter.carried > beside;
  }

  #isStalled(stage: Extract<Stage, { is: 'used' }>): boolean {
    const { writer } = stage;
    const waiting = writer?.writableLength ?? 0;
    const written = (writer?.bytesWritten ?? 0) - waiting;
    if (waiting === 0 || written !== stage.written) {
      stage.written = written;
      stage.movedAt = this.#time;
    }
    return this.#time - stage.movedAt >= this.#limits.stalledMs;
  }

  #tell(now: number): void {
    if (this.#refused === 0 || now - this.#toldAt < TELL_EVERY_MS) return;
    const { log, name } = this.#options;
    log.warn({ listener: name, refused: this.#refused, open: this.#entries.size }, 'connections were over a bound');
    this.#refused = 0;
    this.#toldAt = now;
  }
}

/** Whoever has one IPv6 address has 2^64 of them. */
export function ipNetworkOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head.split(':').filter((group) => group !== '');
  const behind = tail?.split(':').filter((group) => group !== '') ?? [];
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - behind.length) }, () => '0');
  return [...groups, ...(tail === undefined ? [] : zeros), ...behind].slice(0, 4).join(':');
}
