/**
 * The tunnels that end at this controller: who may open which, how many, and for how long.
 *
 * asked → opening: the caller may, there is room, the node is there. → open: the node has dialled us and reached the target,
 * or refused with a reason of the closed list (`tunnel.ts`). → over: either end has closed, it was idle or open for too long,
 * its caller lost the right or a rule does not allow it any more (looked at every second), the node was cut, or the controller stops. Each tunnel that was
 * asked for is one entry of the audit log, written when it is over: who, from where, to which node and target, how many
 * bytes, how long, and why it ended.
 */
import type { Duplex } from 'node:stream';
import type { Log } from '#runtime/log.ts';
import { PacedStream } from '#runtime/paced-stream.ts';
import type { Service } from '#runtime/service.ts';
import { ApprovalRequired, requireApproval } from '../approvals/ask-approval.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Clock } from '../kernel/clock.ts';
import { type Context, hasScope, type Principal } from '../kernel/context.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { Database } from '../kernel/sql.ts';
import type { TunnelDoor, TunnelMetrics } from '../metrics/controller-metrics.ts';
import { describeText, headOf } from '../runs/describe-order.ts';
import { beyondRules, type Reach } from './beyond-rules.ts';
import { findTunnelNode, type TunnelNode } from './find-tunnel-node.ts';
import { TUNNEL_TIMES, type TunnelPurpose, type TunnelRefusal, TunnelRefused } from './tunnel.ts';
import { TunnelBandwidth, type TunnelBandwidthLimits } from './tunnel-bandwidth.ts';
import { TunnelCounts } from './tunnel-counts.ts';

/** The scope each door asks for. */
export const TUNNEL_SCOPES = {
  proxy: 'garrison.proxy.use',
  tunnel: 'garrison.tunnels.open',
  terminal: 'garrison.terminals.open',
} as const satisfies Record<TunnelDoor, string>;

/** Asks a node, wherever its session is, to dial here and to reach a target. `surfaces/node-session` does it. */
export interface TunnelOpener {
  /** @throws TunnelRefused with the reason the node gave, or why it was not reached. */
  open(nodeId: NodeId, purpose: TunnelPurpose, signal: AbortSignal): Promise<Duplex>;
}

export interface TunnelCaller {
  readonly principal: Principal;
  /** For the audit log. */
  readonly address: string | undefined;
  readonly requestId: string;
  /** By which door. */
  readonly door: TunnelDoor;
  /** What was presented, hashed: all tunnels of one credential and one door are asked about at once. */
  readonly credential: string;
  /** Whether the credential still is one, and has the right to this door; asked every second while a tunnel is open. */
  readonly isStillGood: () => Promise<boolean>;
}

export interface TunnelRequest {
  readonly caller: TunnelCaller;
  /** As `findTunnelNode` takes it. */
  readonly node: string;
  readonly purpose: TunnelPurpose;
}

/** What a door has refused by itself: it may not even have been clear which node was meant. */
export interface RefusedRequest {
  readonly caller: TunnelCaller;
  readonly node?: string;
  readonly purpose?: TunnelPurpose;
}

export interface Tunnel {
  readonly node: TunnelNode;
  readonly stream: Duplex;
  /** Once, when nothing passes any more. */
  over(end: TunnelEnd): void;
  /** Aborts when the desk wants it closed; its reason is the word for it. */
  readonly signal: AbortSignal;
}

export interface TunnelEnd {
  readonly why: string;
  readonly bytesUp: number;
  readonly bytesDown: number;
}

export interface TunnelDeskParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly audit: AuditTrail;
  readonly opener: TunnelOpener;
  readonly log: Log;
  readonly limits?: Partial<TunnelLimits>;
  /** Default 1,000. */
  readonly lookEveryMs?: number;
}

export interface TunnelLimits extends TunnelBandwidthLimits {
  /** Default 4,096. */
  readonly most: number;
  /** Default 256. */
  readonly mostPerNode: number;
  /** Default 64; 1,024 for keys of the installation, which speak for many. */
  readonly mostPerPrincipal: number;
}

const LIMITS: TunnelLimits = {
  most: 4_096,
  mostPerNode: 256,
  mostPerPrincipal: 64,
  bytesPerPrincipal: Infinity,
  bytesPerNode: Infinity,
};
const OF_THE_INSTALLATION = 16;

interface OpenTunnel {
  readonly caller: TunnelCaller;
  readonly purpose: TunnelPurpose;
  nodeId: NodeId | undefined;
  readonly aborting: AbortController;
}

export class TunnelDesk implements Service {
  readonly name = 'tunnels';
  readonly counts = new TunnelCounts();
  readonly #parts: TunnelDeskParts;
  readonly #limits: TunnelLimits;
  readonly #bandwidth: TunnelBandwidth;
  readonly #open = new Set<OpenTunnel>();
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;
  #isLooking = false;

  constructor(parts: TunnelDeskParts) {
    this.#parts = parts;
    this.#limits = { ...LIMITS, ...parts.limits };
    this.#bandwidth = new TunnelBandwidth(this.#limits);
  }

  async start(): Promise<void> {
    if (this.#timer !== undefined || this.#isStopping) return;
    this.#timer = setInterval(() => void this.#look(), this.#parts.lookEveryMs ?? 1_000);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#timer);
    for (const { aborting } of this.#open) aborting.abort('controller_stopped');
  }

  /** Ends the tunnels of these nodes: revoked, deleted. */
  endOf(nodeIds: readonly NodeId[], why: string): void {
    for (const { nodeId, aborting } of this.#open) {
      if (nodeId !== undefined && nodeIds.includes(nodeId)) aborting.abort(why);
    }
  }

  /** Open now, by door. */
  get openNow(): Readonly<Record<TunnelDoor, number>> {
    const open = { proxy: 0, tunnel: 0, terminal: 0 };
    for (const { caller } of this.#open) open[caller.door] += 1;
    return open;
  }

  /** Since it started, and now, by door. */
  get metrics(): TunnelMetrics {
    const open = this.openNow;
    const of = (door: TunnelDoor) => ({ ...this.counts.of(door), open: open[door] });
    return { proxy: of('proxy'), tunnel: of('tunnel'), terminal: of('terminal') };
  }

  /** @throws TunnelRefused */
  async open(request: TunnelRequest): Promise<Tunnel> {
    const startedAt = this.#parts.clock.now();
    const entry: OpenTunnel = {
      caller: request.caller,
      purpose: request.purpose,
      nodeId: undefined,
      aborting: new AbortController(),
    };
    let node: TunnelNode | undefined;
    try {
      this.#admit(entry);
      node = await findTunnelNode(this.#parts.db, this.#contextOf(entry), request.node);
      this.#reach(entry, node);
      await this.#requireAllowed(entry, node);
      await this.#requireApproval(entry, node, request.purpose);
      const signal = AbortSignal.any([entry.aborting.signal, AbortSignal.timeout(TUNNEL_TIMES.openMs)]);
      const stream = this.#paced(entry, node, await this.#dial(node, request.purpose, signal));
      const found = node;
      const over = once((end: TunnelEnd) => {
        this.#open.delete(entry);
        this.counts.closed(request.caller.door, end);
        this.#record(request, found, startedAt, 'ok', { ...end });
      });
      this.counts.opened(request.caller.door);
      return { node, stream, over, signal: entry.aborting.signal };
    } catch (error) {
      this.#open.delete(entry);
      const refused = refusalOf(error);
      this.counts.refused(request.caller.door);
      this.#record(request, node, startedAt, refused.reason, {});
      throw refused;
    }
  }

  /** What a door refuses before it asks is counted and audited like the rest. */
  refuse(request: RefusedRequest, { reason }: Pick<TunnelRefused, 'reason'>): void {
    this.counts.refused(request.caller.door);
    this.#record(request, undefined, this.#parts.clock.now(), reason, {});
  }

  #admit(entry: OpenTunnel): void {
    const { principal, door } = entry.caller;
    if (!this.#parts.audit.hasRoom)
      throw new TunnelRefused('too_many', 'the audit log cannot be written just now; try again in a moment');
    if (this.#isStopping) throw new TunnelRefused('too_many', 'this controller is stopping; try again in a moment');
    if (!hasScope(principal, TUNNEL_SCOPES[door]))
      throw new TunnelRefused(
        'forbidden',
        `this needs the scope ${TUNNEL_SCOPES[door]}, which ${principal.name} does not have`,
      );
    const { most, mostPerPrincipal } = this.#limits;
    if (this.#open.size >= most)
      throw new TunnelRefused('too_many', `${most} tunnels are open on this controller, which is the limit`);
    const own = mostPerPrincipal * callersIn(principal);
    const isOwn = (other: OpenTunnel) => other.caller.principal.subject === principal.subject;
    if ([...this.#open].filter(isOwn).length >= own)
      throw new TunnelRefused('too_many', `${principal.name} has ${own} tunnels open, which is the limit`);
    this.#open.add(entry);
  }

  #reach(entry: OpenTunnel, node: TunnelNode): void {
    if (!node.isConnected)
      throw new TunnelRefused('node_away', `${node.name} is not connected; see garrison nodes show ${node.name}`);
    const { mostPerNode } = this.#limits;
    const count = [...this.#open].filter(({ nodeId }) => nodeId === node.id).length;
    if (count >= mostPerNode)
      throw new TunnelRefused('too_many', `${node.name} has ${mostPerNode} tunnels open, which is the limit`);
    entry.nodeId = node.id;
  }

  async #requireAllowed(
    { caller: { principal }, purpose }: OpenTunnel,
    { id: nodeId, name }: TunnelNode,
  ): Promise<void> {
    const { db, clock } = this.#parts;
    const beyond = await beyondRules(db, clock, [{ principal, nodeId, purpose }]);
    if (beyond.size > 0)
      throw new TunnelRefused('rule_refused', `the reach rule of ${principal.name} does not allow this on ${name}`);
  }

  /** Nothing that is open can wait, so it is refused, and the same may be asked for again once it is approved. */
  async #requireApproval(entry: OpenTunnel, node: TunnelNode, purpose: TunnelPurpose): Promise<void> {
    const { door } = entry.caller;
    if (purpose.kind === 'terminal' && purpose.kept?.resumesAt !== undefined) return; // it was asked for when it began
    try {
      await requireApproval(this.#contextOf(entry), this.#parts.db, {
        kind: 'tunnel',
        same: [door, node.id, sameOf(purpose)],
        summary: { ...wordsFor(node, purpose), targetCount: 1, targets: [node.name] },
      });
    } catch (error) {
      if (!(error instanceof ApprovalRequired)) throw error;
      throw new TunnelRefused('approval_required', error.message, { cause: error });
    }
  }

  async #dial(node: TunnelNode, purpose: TunnelPurpose, signal: AbortSignal): Promise<Duplex> {
    try {
      return await this.#parts.opener.open(node.id, purpose, signal);
    } catch (error) {
      if (!signal.aborted || error instanceof TunnelRefused) throw error;
      throw new TunnelRefused('timed_out', `${node.name} did not open the tunnel in time`, { cause: error });
    }
  }

  #paced({ caller: { principal } }: OpenTunnel, node: TunnelNode, stream: Duplex): Duplex {
    const pace = this.#bandwidth.paceOf({
      caller: `${principal.tenantId} ${principal.subject}`,
      times: callersIn(principal),
      node: node.id,
    });
    return pace === undefined ? stream : new PacedStream(stream, pace);
  }

  #contextOf({ caller: { principal, requestId }, aborting }: OpenTunnel): Context {
    const { clock } = this.#parts;
    return { principal, tenantId: principal.tenantId, requestId, signal: aborting.signal, clock };
  }

  #record(
    { caller, node: named, purpose }: RefusedRequest,
    node: TunnelNode | undefined,
    startedAt: Date,
    outcome: 'ok' | TunnelRefusal,
    end: object,
  ): void {
    const at = this.#parts.clock.now();
    const { principal, address, requestId, door } = caller;
    const ms = at.getTime() - startedAt.getTime();
    void this.#parts.audit.record({
      tenantId: principal.tenantId,
      subject: principal.subject,
      action: 'tunnel.open',
      object: node?.id ?? named?.slice(0, 200),
      address,
      outcome,
      requestId,
      facts: { door, node: node?.name ?? null, ...(purpose && factsOf(purpose)), ms, ...end },
      at,
    });
  }

  /**
   * Ends the tunnels of callers whose credential is none any more, and those that a rule does not allow any more. A look that takes long
   * is not joined by the next one, and a database that is away ends nothing.
   */
  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      await Promise.all([this.#endRevoked(), this.#endBeyondRules()]);
    } finally {
      this.#isLooking = false;
    }
  }

  async #endRevoked(): Promise<void> {
    for (const tunnels of Map.groupBy(this.#open, credentialOf).values()) {
      const isGood = await tunnels[0]?.caller.isStillGood().catch(() => true);
      if (isGood === false) for (const { aborting } of tunnels) aborting.abort('credential_revoked');
    }
  }

  async #endBeyondRules(): Promise<void> {
    const { db, clock } = this.#parts;
    const reaches = [...this.#open].flatMap((tunnel): (Reach & { tunnel: OpenTunnel })[] => {
      const { caller, nodeId, purpose } = tunnel;
      return nodeId === undefined ? [] : [{ principal: caller.principal, nodeId, purpose, tunnel }];
    });
    const beyond = await beyondRules(db, clock, reaches).catch(() => []);
    for (const { tunnel } of beyond) tunnel.aborting.abort('rule_changed');
  }
}

/** The keys of the installation speak for many. */
function callersIn({ subject }: Principal): number {
  return subject.endsWith('-key') ? OF_THE_INSTALLATION : 1;
}

/** The size of a window changes nothing of what is done. */
function sameOf(purpose: TunnelPurpose): unknown {
  if (purpose.kind === 'tcp') return ['tcp', purpose.host ?? null, purpose.port];
  if (purpose.kind === 'ssh') return ['ssh'];
  return ['terminal', purpose.command, purpose.user ?? null];
}

/** Whoever decides sees all of what is run. */
function wordsFor({ name }: TunnelNode, purpose: TunnelPurpose) {
  if (purpose.kind === 'tcp') return { what: `a tunnel to ${purpose.host ?? name}:${purpose.port} through ${name}` };
  if (purpose.kind === 'ssh') return { what: `a tunnel to the SSH server of ${name}` };
  const [program = 'a login shell'] = purpose.command;
  const what = `${headOf(program, 200)} on ${name}${purpose.user === undefined ? '' : ` as ${purpose.user}`}`;
  return purpose.command.length === 0 ? { what } : { what, ...describeText(JSON.stringify(purpose.command)) };
}

/** Never the words of a command: they may hold secrets. */
function factsOf(purpose: TunnelPurpose) {
  if (purpose.kind === 'tcp') return { kind: purpose.kind, host: purpose.host ?? null, port: purpose.port };
  if (purpose.kind === 'ssh') return purpose;
  const { kind, command, user, kept } = purpose;
  return { kind, program: command[0] ?? null, user: user ?? null, ...(kept && { sessionId: kept.sessionId }) };
}

/** Not the caller: one may have several tokens and sessions of browsers, which end one by one, and rights may end one by one. */
function credentialOf({ caller: { credential, door } }: OpenTunnel): string {
  return `${door} ${credential}`;
}

function refusalOf(error: unknown): TunnelRefused {
  if (error instanceof TunnelRefused) return error;
  return new TunnelRefused('broken', 'the tunnel could not be opened; the log of the controller says why', {
    cause: error,
  });
}

function once<T>(act: (value: T) => void): (value: T) => void {
  let isDone = false;
  return (value) => {
    if (isDone) return;
    isDone = true;
    act(value);
  };
}
