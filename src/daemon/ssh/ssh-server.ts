/**
 * The SSH server of a node. It listens on loopback unless the operator widens it, and whoever comes by way of a tunnel of the
 * controller is handed over without a port.
 *
 * connected → signed in, within half a minute and `MOST_ATTEMPTS`, by a public key or a password the controller has given out
 * (`SshUsers`), → channels: shells, commands and files as `serve-channel.ts` has them, forwarded ports where the policy of tunnels
 * opens them; nothing is forwarded the other way. → over when either end closes, when the credentials of its name change, or when
 * the daemon stops. Every attempt is told to the controller; while there is none, the newest of them wait.
 */
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Algorithms, AuthContext, Connection, ServerChannel } from 'ssh2';
import { TunnelRefused } from '#core/tunnels/tunnel.ts';
import type { SshAttempt } from '#protocol/gen/garrison/node/v1/node.ts';
import { joinStreams } from '#runtime/join-streams.ts';
import type { Log } from '#runtime/log.ts';
import { OwnedSockets } from '#runtime/owned-sockets.ts';
import { dialTarget } from '../tunnels/dial-target.ts';
import type { ExitRules } from '../tunnels/exit-policy.ts';
import { type HostKey, keepHostKey } from './host-key.ts';
import { type ChannelHost, serveSession } from './serve-channel.ts';
import { SignInDelays } from './sign-in-delays.ts';
import { SshUsers } from './ssh-users.ts';

export interface SshServerParts extends ChannelHost {
  readonly usersFile: string;
  readonly hostKeyFile: string;
  readonly host: string;
  /** Another one is taken where it is not free. */
  readonly port: number;
  readonly exitRules: ExitRules;
  /** How long somebody may take to sign in. Default 30,000. */
  readonly loginMs?: number;
  readonly log: Log;
}

const MOST_ATTEMPTS = 6;
/** A client offers every key of its agent; a guesser offers more. */
const FREE_KEYS = 8;
const MOST_CONNECTIONS = 128;
const MOST_CHANNELS = 32;
const LOOPBACK = ['localhost', '127.0.0.1', '::1'];

interface SignedIn {
  readonly username: string;
  readonly connection: Connection;
}

/** What ssh-audit finds nothing against; OpenSSH has had it since 2014. */
const ALGORITHMS: Algorithms = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
  ],
};

export class SshServer {
  readonly users: SshUsers;
  readonly #parts: SshServerParts;
  readonly #delays = new SignInDelays();
  readonly #stop = new AbortController();
  readonly #sockets: OwnedSockets;
  readonly #streams = new Set<Duplex>();
  readonly #signedIn = new Set<SignedIn>();
  #listener: NetServer | undefined;
  #hostKey: HostKey | undefined;
  #port: number | undefined;
  #onAttempt: (attempt: SshAttempt) => void = () => {};
  #authentications = 0;
  #connectionsTotal = 0;

  constructor(parts: SshServerParts) {
    this.#parts = parts;
    this.users = new SshUsers(parts.usersFile);
    this.#sockets = new OwnedSockets({
      name: 'ssh',
      log: parts.log,
      limits: { most: MOST_CONNECTIONS, mostPerAddress: MOST_CONNECTIONS },
    });
  }

  /** Undefined while it does not listen. */
  get port(): number | undefined {
    return this.#port;
  }

  get hostKeys(): readonly string[] {
    return this.#hostKey === undefined ? [] : [this.#hostKey.publicLine];
  }

  get authenticationsTotal(): number {
    return this.#authentications;
  }

  get connectionsTotal(): number {
    return this.#connectionsTotal;
  }

  onAttempt(listener: (attempt: SshAttempt) => void): void {
    this.#onAttempt = listener;
  }

  async start(): Promise<void> {
    const { hostKeyFile, port, host, log } = this.#parts;
    try {
      this.#hostKey = await keepHostKey(hostKeyFile);
    } catch (error) {
      return log.warn(
        { error: String(error) },
        'the SSH server has no host key, so nobody can sign in until the next start',
      );
    }
    const listener = createServer({ noDelay: true, allowHalfOpen: false }, (socket) => {
      if (this.#sockets.take(socket)) this.serve(socket, socket.remoteAddress ?? '');
    });
    this.#listener = listener;
    try {
      this.#port = await listen(listener, host, port).catch(() => listen(listener, host, 0));
    } catch (error) {
      log.warn({ error: String(error), host }, 'the SSH server has no port; it is reached by tunnels only');
    }
  }

  stop(): void {
    this.#stop.abort();
    this.#listener?.close();
    this.#sockets.endAll();
    for (const stream of this.#streams) stream.destroy();
  }

  /** Ends what is open under these names. */
  endOf(usernames: readonly string[]): void {
    for (const { username, connection } of this.#signedIn) if (usernames.includes(username)) connection.end();
  }

  /** @param address empty where it came by way of a tunnel */
  serve(stream: Duplex, address: string): void {
    if (this.#hostKey === undefined || this.#stop.signal.aborted || this.#streams.size >= MOST_CONNECTIONS)
      return void stream.destroy();
    this.#streams.add(stream);
    const late = setTimeout(() => stream.destroy(), this.#parts.loginMs ?? 30_000).unref(); // also for one that never says a word
    stream.on('error', () => stream.destroy());
    stream.once('close', () => {
      clearTimeout(late);
      this.#streams.delete(stream);
    });
    const arrival = { address, settled: () => clearTimeout(late) };
    void this.#serve(stream, arrival, this.#hostKey).catch((error) => {
      this.#parts.log.warn({ error: String(error) }, 'an SSH connection could not be served');
      stream.destroy();
    });
  }

  async #serve(stream: Duplex, arrival: Arrival, { privateKey }: HostKey): Promise<void> {
    const { Server } = await import('./load-ssh2.ts');
    const options = { hostKeys: [privateKey], algorithms: ALGORITHMS, ident: 'garrison', keepaliveInterval: 30_000 };
    const server = new Server(options, (connection) => this.#take(connection, arrival));
    server.injectSocket(stream as Socket); // it reads and writes it, and asks for nothing that only a socket has
  }

  #take(connection: Connection, { address, settled }: Arrival): void {
    let attempts = 0;
    let signedIn: SignedIn | undefined;
    this.#connectionsTotal += 1;
    connection.on('error', () => connection.end());
    connection.on('close', () => {
      if (signedIn !== undefined) this.#signedIn.delete(signedIn);
    });
    connection.on('authentication', async (asked) => {
      const isRight = await this.#isRight(asked, address).catch(() => false);
      if (isRight === 'asking') return asked.accept();
      if (asked.method !== 'none') this.#tell(asked, isRight, address);
      if (isRight) {
        signedIn = { username: asked.username, connection };
        this.#signedIn.add(signedIn);
        return asked.accept();
      }
      attempts += asked.method === 'none' ? 0 : 1;
      if (attempts >= MOST_ATTEMPTS) return connection.end();
      asked.reject(['publickey', 'password']);
    });
    connection.on('ready', () => {
      settled();
      if (signedIn !== undefined) this.#open(signedIn);
    });
  }

  /** `asking`: whether a key would do, before anything is proved (RFC 4252 §7). */
  async #isRight(asked: AuthContext, address: string): Promise<boolean | 'asking'> {
    if (asked.method === 'password')
      return this.#delays.attempt({ address, username: asked.username }, () =>
        this.users.isPassword(asked.username, asked.password),
      );
    if (asked.method !== 'publickey') return false;
    const { key, signature, blob, hashAlgo, username } = asked;
    const refuse = () => this.#delays.attempt({ address, username, free: FREE_KEYS }, async () => false);
    const { utils } = await import('./load-ssh2.ts'); // nothing is waited for between the look at the keys and the answer
    if (!this.users.hasKey(username, key.data)) return refuse();
    if (signature === undefined || blob === undefined) return 'asking';
    const parsed = utils.parseKey(key.data);
    return (!(parsed instanceof Error) && parsed.verify(blob, signature, hashAlgo) === true) || refuse();
  }

  #tell({ username, method }: AuthContext, isRight: boolean, address: string): void {
    this.#authentications += 1;
    this.#onAttempt({ username: username.slice(0, 64), method, verified: isRight, at: new Date(), address });
  }

  #open({ username, connection }: SignedIn): void {
    let inUse = 0;
    const take = () => {
      if (inUse >= MOST_CHANNELS) return false;
      inUse += 1;
      return true;
    };
    const giveBack = () => {
      inUse -= 1;
    };
    const room = { take, giveBack };
    connection.on('session', (accept) => serveSession(accept(), username, this.#parts, room));
    connection.on('tcpip', (accept, reject, { destIP, destPort }) => {
      if (!room.take()) return void reject?.();
      void this.#forward({ host: destIP, port: destPort }, { accept, reject }).finally(room.giveBack);
    });
    connection.on('request', (_accept, reject) => void reject?.()); // nothing listens here for a client
  }

  async #forward(target: { readonly host: string; readonly port: number }, answer: ForwardAnswer): Promise<void> {
    const { policy, exitRules: rules, log } = this.#parts;
    const host = LOOPBACK.includes(target.host) ? undefined : target.host;
    try {
      const ownAddress = async () => undefined;
      const { socket } = await dialTarget(
        { policy, rules, ownAddress },
        { host, port: target.port },
        this.#stop.signal,
      );
      const channel = answer.accept();
      channel.on('error', () => channel.destroy());
      await joinStreams(channel, socket, { signal: this.#stop.signal });
    } catch (error) {
      log.info({ reason: error instanceof TunnelRefused ? error.reason : 'broken' }, 'a port was not forwarded by SSH');
      answer.reject?.();
    }
  }
}

interface Arrival {
  /** Empty where it came by way of a tunnel. */
  readonly address: string;
  /** Somebody has signed in: it may take its time from now on. */
  readonly settled: () => void;
}

interface ForwardAnswer {
  readonly accept: () => ServerChannel;
  readonly reject: (() => unknown) | undefined;
}

function listen(listener: NetServer, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(port, host, () => {
      listener.off('error', reject);
      const address = listener.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
