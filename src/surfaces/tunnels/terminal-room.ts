/**
 * The terminal sessions that are connected by this controller: opens them, lets whoever was cut off come back, writes down how they
 * go, and ends those that somebody has ended.
 */
import type { Duplex } from 'node:stream';
import type { ArtifactDeps } from '#core/artifacts/keep-artifact.ts';
import type { AuditEntry, AuditTrail } from '#core/audit/audit-trail.ts';
import type { Bus } from '#core/kernel/bus.ts';
import type { Clock } from '#core/kernel/clock.ts';
import { hasScope } from '#core/kernel/context.ts';
import { type ControllerId, newId, parseId } from '#core/kernel/ids.ts';
import type { Database } from '#core/kernel/sql.ts';
import { SESSION_ENDED, type SessionEndedMessage } from '#core/terminals/end-session.ts';
import { Recorder } from '#core/terminals/recorder.ts';
import {
  attachSession,
  detachAllOf,
  findEnded,
  findTerminalSession,
  insertTerminalSession,
  markDetached,
  markEnded,
  markRunAs,
} from '#core/terminals/store.ts';
import { KEEP_SECONDS, type TerminalSession, type TerminalSessionId } from '#core/terminals/terminal-session.ts';
import { type TerminalTarget, TunnelRefused } from '#core/tunnels/tunnel.ts';
import type { RefusedRequest, Tunnel, TunnelCaller, TunnelDesk } from '#core/tunnels/tunnel-desk.ts';
import type { Log } from '#runtime/log.ts';
import type { Service } from '#runtime/service.ts';
import { type LiveEnd, LiveTerminal } from './live-terminal.ts';

export interface TerminalRoomParts {
  readonly db: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly audit: Pick<AuditTrail, 'record'>;
  readonly desk: Pick<TunnelDesk, 'open' | 'refuse'>;
  readonly artifacts: ArtifactDeps;
  readonly controllerId: ControllerId;
  readonly recording: { readonly isOn: boolean; readonly maxBytes: number };
  readonly log: Log;
  /** Without a byte in either direction. Default 30 minutes. */
  readonly idleMs?: number;
}

export interface TerminalWanted {
  readonly caller: TunnelCaller;
  readonly door: TerminalSession['door'];
  readonly node: string;
  readonly target: TerminalTarget;
  /** The client knows sessions: it is told of its own, and may come back to it. */
  readonly isTold: boolean;
}

export interface TerminalResumed {
  readonly caller: TunnelCaller;
  readonly sessionId: string;
  /** Bytes of its output that the client has. */
  readonly position: number;
}

export type TerminalWatched = Pick<TerminalResumed, 'caller' | 'sessionId'>;

export interface OpenedSession {
  readonly session: TerminalSession;
  /** Resolves when this connection of it is over. */
  carry(client: Duplex): Promise<void>;
}

const IDLE_MS = 30 * 60_000;
const LOOK_EVERY_MS = 1_500;
/** Sees what others do at the moment. */
export const WATCHING = 'garrison.sessions.watch';

export class TerminalRoom implements Service {
  readonly name = 'terminals';
  readonly #parts: TerminalRoomParts;
  readonly #live = new Map<TerminalSessionId, LiveTerminal>();
  readonly #watching = new Set<{ readonly caller: TunnelCaller; readonly watcher: Duplex }>();
  readonly #carried = new Set<Promise<void>>();
  #unsubscribe: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;

  constructor(parts: TerminalRoomParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    if (this.#unsubscribe !== undefined) return;
    const { bus, db, controllerId, clock } = this.#parts;
    this.#unsubscribe = bus.subscribe(SESSION_ENDED, (payload) => {
      this.#live.get((payload as SessionEndedMessage).id)?.leave('ended_by_request'); // our own message
    });
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
    await detachAllOf(db, controllerId, clock.now());
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    clearInterval(this.#timer);
    for (const live of this.#live.values()) live.cut('controller_stopped');
    await Promise.all(this.#carried);
  }

  /** @throws TunnelRefused */
  async open({ caller, door, node, target, isTold }: TerminalWanted): Promise<OpenedSession> {
    const { desk, db, clock, controllerId } = this.#parts;
    const { principal } = caller;
    const id = newId<TerminalSessionId>();
    const isKept = isTold && target.terminal !== undefined;
    const isRecorded = this.#parts.recording.isOn && target.terminal !== undefined;
    if (isRecorded) this.#requireRoom({ caller, node, purpose: { kind: 'terminal', ...target } });
    const kept = { sessionId: id, keepSeconds: isKept ? KEEP_SECONDS : 0, resumesAt: undefined };
    const tunnel = await desk.open({ caller, node, purpose: { kind: 'terminal', ...target, kept } });
    const { columns: width = null, rows: height = null, type: term = null } = target.terminal ?? {};
    try {
      const session = await insertTerminalSession(db, {
        id,
        tenantId: principal.tenantId,
        nodeId: tunnel.node.id,
        nodeName: tunnel.node.name,
        subject: principal.subject,
        caller: principal.name,
        address: caller.address ?? null,
        door,
        program: target.command[0]?.slice(0, 200) ?? null,
        wantedUser: target.user ?? null,
        width,
        height,
        term,
        controllerId,
        startedAt: clock.now(),
        isRecorded,
      });
      return this.#opened(tunnel, { caller, session, isTold });
    } catch (error) {
      give(tunnel, 'broken');
      throw error;
    }
  }

  /** The same shell again, for whoever opened it. @throws TunnelRefused `session_over` */
  async resume({ caller, sessionId, position }: TerminalResumed): Promise<OpenedSession> {
    const { desk, db, clock, controllerId } = this.#parts;
    const { tenantId, subject } = caller.principal;
    const id = parseId<TerminalSessionId>(sessionId);
    const session = id && (await attachSession(db, { tenantId, id, subject, controllerId }));
    if (session === undefined) {
      const over = new TunnelRefused('session_over', 'there is no such session of yours that is open any more');
      desk.refuse({ caller }, over);
      throw over;
    }
    try {
      const tunnel = await desk.open({ caller, node: session.nodeId, purpose: purposeOf(session, position) });
      return this.#opened(tunnel, { caller, session, isTold: true });
    } catch (error) {
      await markDetached(db, session, clock.now()).catch(() => {}); // it is found to be alone by its controller's lease
      throw error;
    }
  }

  /**
   * What a session shows from now on, for somebody with the scope. It has to be connected by this controller.
   * @throws TunnelRefused
   */
  async watch({ caller, sessionId }: TerminalWatched): Promise<(watcher: Duplex) => void> {
    const { session, live } = await this.#findWatched(caller, sessionId).catch(async (error) => {
      if (error instanceof TunnelRefused) await this.#recordWatch(caller, sessionId, error.reason);
      throw error;
    });
    await this.#recordWatch(caller, session.id, 'ok', { nodeId: session.nodeId, subject: session.subject });
    return (watcher) => {
      const watching = { caller, watcher };
      this.#watching.add(watching);
      watcher.once('close', () => this.#watching.delete(watching));
      live.watch(watcher, caller.principal.name);
    };
  }

  async #findWatched({ principal }: TunnelCaller, sessionId: string) {
    const { tenantId, name } = principal;
    if (!hasScope(principal, WATCHING))
      throw new TunnelRefused('forbidden', `this needs the scope ${WATCHING}, which ${name} does not have`);
    const id = parseId<TerminalSessionId>(sessionId);
    const session = id && (await findTerminalSession(this.#parts.db, { tenantId, id }));
    if (session === undefined || session.endedAt !== null)
      throw new TunnelRefused('session_over', 'there is no such session that is open');
    const live = this.#live.get(session.id);
    if (live === undefined)
      throw new TunnelRefused(
        'node_away',
        `nobody is connected to this session by this controller; the last one was ${session.controllerId}`,
      );
    return { session, live };
  }

  #recordWatch(caller: TunnelCaller, sessionId: string, outcome: string, facts: AuditEntry['facts'] = {}) {
    const { principal, address, requestId } = caller;
    const { tenantId, subject } = principal;
    const object = sessionId.slice(0, 200);
    const said = { action: 'terminal_session.watch', object, address, outcome, requestId, facts };
    return this.#parts.audit.record({ tenantId, subject, ...said, at: this.#parts.clock.now() });
  }

  #opened(tunnel: Tunnel, opened: Opened): OpenedSession {
    const { session } = opened;
    return {
      session,
      carry: (client) => {
        const carried = this.#carry(tunnel, client, opened);
        this.#carried.add(carried);
        return carried.finally(() => this.#carried.delete(carried));
      },
    };
  }

  /** Never rejects. */
  async #carry(tunnel: Tunnel, client: Duplex, { caller, session, isTold }: Opened): Promise<void> {
    const { db, artifacts, clock, recording, log, idleMs = IDLE_MS } = this.#parts;
    const recorder = session.isRecorded
      ? new Recorder({
          artifacts,
          clock,
          tenantId: caller.principal.tenantId,
          session,
          maxBytes: recording.maxBytes,
          onDrain: () => live.goOn(),
          onFailure: (error) => {
            log.warn({ err: error, session: session.id }, 'a terminal session could not be recorded; it is ended');
            live.leave('recording_failed');
          },
        })
      : undefined;
    const live: LiveTerminal = new LiveTerminal({
      tunnel,
      client,
      keepMs: isTold && session.width !== null ? KEEP_SECONDS * 1_000 : 0,
      isTold,
      idleMs,
      recording: recorder,
      onOpened: ({ user }) =>
        void markRunAs(db, session.id, user).catch((error) => log.warn({ err: error }, 'a session was not written')),
    });
    this.#live.set(session.id, live);
    const end = await live.carry();
    if (this.#live.get(session.id) === live) this.#live.delete(session.id);
    await this.#settle(session, end).catch((error) =>
      log.warn({ err: error, session: session.id }, 'the end of a session was not written; it is found'),
    );
  }

  #settle(session: TerminalSession, { why, isFinal, exitCode }: LiveEnd): Promise<void> {
    const { db, clock } = this.#parts;
    const at = clock.now();
    return isFinal ? markEnded(db, session, { at, reason: why, exitCode }) : markDetached(db, session, at);
  }

  /** What was ended by somebody whose word did not come. A database that is away ends nothing. */
  async #look(): Promise<void> {
    if (this.#isLooking) return; // a look that takes long is not joined by the next one
    this.#isLooking = true;
    try {
      await this.#lookOnce();
    } finally {
      this.#isLooking = false;
    }
  }

  async #lookOnce(): Promise<void> {
    for (const { caller, watcher } of this.#watching) {
      if (!(await caller.isStillGood().catch(() => true))) watcher.destroy();
    }
    if (this.#live.size === 0) return;
    const ended = await findEnded(this.#parts.db, [...this.#live.keys()]).catch(() => []);
    for (const id of ended) this.#live.get(id)?.leave('ended_by_request');
  }

  #requireRoom(wanted: RefusedRequest): void {
    try {
      this.#parts.artifacts.requireRoom();
    } catch (cause) {
      const message = 'terminals are recorded here, and the controller has no room for a recording';
      const refused = new TunnelRefused('broken', message, { cause });
      this.#parts.desk.refuse(wanted, refused);
      throw refused;
    }
  }
}

interface Opened {
  readonly caller: TunnelCaller;
  readonly session: TerminalSession;
  readonly isTold: boolean;
}

function purposeOf(session: TerminalSession, position: number) {
  const { id: sessionId, wantedUser, width, height, term } = session;
  const terminal =
    width === null || height === null || term === null ? undefined : { columns: width, rows: height, type: term };
  return {
    kind: 'terminal',
    command: [],
    user: wantedUser ?? undefined,
    terminal,
    kept: { sessionId, keepSeconds: KEEP_SECONDS, resumesAt: position },
  } as const;
}

function give({ stream, over }: Tunnel, why: string): void {
  stream.destroy();
  over({ why, bytesUp: 0, bytesDown: 0 });
}
