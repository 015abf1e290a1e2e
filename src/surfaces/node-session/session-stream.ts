/**
 * One `Session` stream.
 *
 * `greeting`: nothing but Hello is taken, and it has to come within ten seconds. `opening`: Hello is being committed; what the
 * node sends meanwhile waits in the stream, which is not read. `open`: frames go to the session. `over`: nothing is read
 * or written any more.
 *
 * greeting → opening on Hello; opening → open when the commit is there, → over when the node is refused; any → over when
 * the stream ends, a frame is unreadable, the node sends more of a kind than it may (`FRAME_BUDGETS`) or does not take what
 * it is sent (`OutgoingFrames`), or core cuts the session.
 *
 * The stream is read while nobody holds it: while the session opens, while frames wait for the node, while the writer is
 * full, and after output beyond its budget it is not.
 *
 * A stream that is over tells its node why. A node that does not take even that within `FAREWELL_MS`, or was cut for what it
 * sent, has its connection dropped then.
 */
import { type ServerDuplexStream, status as Status } from '@grpc/grpc-js';
import type { JoinAddresses } from '#core/enrolment/join-secret.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { NodeId } from '#core/kernel/ids.ts';
import type { NodeLink } from '#core/sessions/node-link.ts';
import type { Session } from '#core/sessions/session.ts';
import type { SessionRegistry } from '#core/sessions/session-registry.ts';
import type { SshAccess, SshOfSession } from '#core/ssh/ssh-access.ts';
import type { BulkToController, ControllerFrame, Hello, NodeFrame } from '#protocol/gen/garrison/node/v1/node.ts';
import { PROTOCOL_VERSION, SPOKEN_PROTOCOL_VERSIONS } from '#protocol/protocol-version.ts';
import type { Log } from '#runtime/log.ts';
import type { BulkDoor, BulkOfSession } from './bulk/bulk-door.ts';
import { type Budgeted, beyondBudget, type NodeBudget } from './frame-budgets.ts';
import { type FrameHandlers, handleFrame } from './frame-handlers.ts';
import {
  readExecutionId,
  readFacts,
  readFinished,
  readGreeting,
  readOutput,
  readPulse,
  readSshAttempt,
  UnreadableFrame,
  writeExecute,
  writeSshAccess,
} from './frames.ts';
import { OutgoingFrames } from './outgoing-frames.ts';

const HELLO_WITHIN_MS = 10_000;
/** How long a node may take to hear why its stream is over. */
export const FAREWELL_MS = 5_000;

export interface SessionAddresses extends Pick<JoinAddresses, 'endpoints'> {
  /** Addresses of the other controllers; where there are none, those of this one. */
  readonly elsewhere: readonly string[];
}

export interface SessionStreamParts {
  readonly sessions: SessionRegistry;
  readonly log: Log;
  readonly controllerId: string;
  readonly heartbeatIntervalMs: number;
  /** Where nodes find controllers, read anew for each session. */
  readonly addresses: SessionAddresses;
  readonly metricsIntervalMs: number;
  /** The time nodes are told, which deadlines are measured by. Default: of this machine. */
  readonly now?: () => Date;
  /** Handlers for the concerns that need no more than the frame and its session. */
  readonly frames: FrameHandlers;
  readonly bulk: Pick<BulkDoor, 'join'>;
  readonly ssh: Pick<SshAccess, 'join'>;
}

export type NodeStream = ServerDuplexStream<NodeFrame, ControllerFrame>;

/** Who is at the other end. */
export interface SessionPeer {
  readonly nodeId: NodeId;
  readonly serial: string;
  readonly budget: NodeBudget;
  /** Told of each frame that came. */
  readonly received: (frame: NodeFrame) => void;
  /** Ends the connection under the stream without a word. */
  readonly dropConnection: () => void;
}

type Hold = 'opening' | 'writer full' | 'frames wait' | 'beyond budget';

/** Serves `stream` for a node whose certificate has been checked. */
export function serveSession(stream: NodeStream, node: SessionPeer, parts: SessionStreamParts): void {
  let session: Session | undefined;
  let bulk: BulkOfSession | undefined;
  let ssh: SshOfSession | undefined;
  let isOver = false;
  const helloTimer = setTimeout(() => fail(Status.DEADLINE_EXCEEDED, 'no Hello came'), HELLO_WITHIN_MS);
  const holds = new Set<Hold>();
  const outgoing = new OutgoingFrames({
    stream,
    onBlocked: (isBlocked) => holdReading('frames wait', isBlocked),
    onRoom: () => {
      if (session !== undefined) parts.sessions.roomFor(session);
    },
    onStuck: (reason) => cutOff(reason),
  });

  stream.on('data', (received: NodeFrame) => {
    node.received(received);
    if (isOver) return;
    try {
      spend(received.frame === undefined ? 'unknownKind' : received.frame.$case);
      if (isOver) return;
      if (session !== undefined) take(session, received);
      else if (received.frame?.$case === 'hello') void greet(received.frame.value);
      else fail(Status.FAILED_PRECONDITION, 'the first frame has to be Hello');
    } catch (error) {
      if (!(error instanceof UnreadableFrame))
        parts.log.warn({ err: error, nodeId: node.nodeId }, 'a frame could not be taken');
      fail(Status.INVALID_ARGUMENT, error instanceof UnreadableFrame ? error.message : 'the frame could not be taken');
    }
  });
  stream.on('end', leave);
  stream.on('cancelled', leave);
  stream.on('error', leave);

  async function greet(hello: Hello): Promise<void> {
    clearTimeout(helloTimer);
    if (!SPOKEN_PROTOCOL_VERSIONS.includes(hello.protocolVersion)) {
      const spoken = SPOKEN_PROTOCOL_VERSIONS.join(', ');
      return fail(
        Status.FAILED_PRECONDITION,
        `protocol version ${hello.protocolVersion} is not spoken here, only ${spoken}; update the daemon`,
      );
    }
    holdReading('opening', true);
    try {
      const opened = await parts.sessions.open(node.nodeId, node.serial, readGreeting(hello), link);
      session = opened;
      if (isOver) return parts.sessions.close(opened);
      bulk = parts.bulk.join(opened, (word) => outgoing.send({ $case: 'bulk', value: { word } }));
      ssh = parts.ssh.join(opened, hello.facts?.sshAccessDigest, (access) =>
        outgoing.send({ $case: 'ssh', value: writeSshAccess(access) }),
      );
      holdReading('opening', false);
    } catch (error) {
      refuse(error);
    }
  }

  function refuse(error: unknown): void {
    if (error instanceof FleetError && error.code === 'forbidden') {
      outgoing.sendLast({ $case: 'revoked', value: { reason: error.message } });
      return fail(Status.PERMISSION_DENIED, error.message);
    }
    if (error instanceof UnreadableFrame) return fail(Status.INVALID_ARGUMENT, error.message);
    parts.log.warn({ err: error, nodeId: node.nodeId }, 'a session could not be opened');
    fail(Status.UNAVAILABLE, error instanceof FleetError ? error.message : 'the session could not be opened');
  }

  function take(open: Session, received: NodeFrame): void {
    const { frame: content } = received;
    switch (content?.$case) {
      case 'heartbeat':
        return parts.sessions.pulse(open, readPulse(content.value));
      case 'started':
        return known(open.started(readExecutionId(content.value.executionId)));
      case 'output':
        return known(open.output(readOutput(content.value)));
      case 'finished':
        return known(open.finished(readFinished(content.value)));
      case 'factsChanged':
        return parts.sessions.factsChanged(open, readFacts(content.value.facts));
      case 'bulk':
        return takeBulk(content.value.word);
      case 'ssh':
        return ssh?.attempted(readSshAttempt(content.value));
      case 'hello':
        throw new UnreadableFrame('a second Hello');
      default:
        return handleFrame(parts.frames, open, received);
    }
  }

  function takeBulk(word: BulkToController['word']): void {
    if (word?.$case === 'ask') bulk?.ask(word.value);
    else if (word?.$case === 'tunnelRefused') bulk?.tunnelRefused(word.value);
  }

  function known(isKnown: boolean): void {
    if (!isKnown) spend('unknownExecution');
  }

  function spend(kind: Budgeted): void {
    const waitMs = node.budget.spend(kind);
    if (waitMs === 'over') return cutOff(beyondBudget(kind));
    if (waitMs === 0) return;
    holdReading('beyond budget', true);
    setTimeout(() => holdReading('beyond budget', false), waitMs);
  }

  function holdReading(reason: Hold, isHeld: boolean): void {
    if (isHeld) holds.add(reason);
    else holds.delete(reason);
    if (isOver) return;
    if (holds.size > 0) stream.pause();
    else stream.resume();
  }

  /** The node does what it may not. */
  function cutOff(reason: string): void {
    if (isOver) return;
    parts.log.warn({ nodeId: node.nodeId, reason }, 'the session of a node was cut');
    fail(Status.RESOURCE_EXHAUSTED, reason);
    stream.pause();
    setTimeout(node.dropConnection, FAREWELL_MS).unref();
  }

  const link: NodeLink = {
    welcome: (epoch) =>
      outgoing.send({
        $case: 'welcome',
        value: {
          protocolVersion: PROTOCOL_VERSION,
          epoch,
          heartbeatIntervalMs: parts.heartbeatIntervalMs,
          metricsIntervalMs: parts.metricsIntervalMs,
          nodeId: node.nodeId,
          controllerId: parts.controllerId,
          at: parts.now?.() ?? new Date(),
          endpoints: [...parts.addresses.endpoints],
        },
      }),
    execute: (order) => outgoing.sendOrder({ $case: 'execute', value: writeExecute(order) }),
    cancel: (executionId, reason) => outgoing.send({ $case: 'cancel', value: { executionId, reason } }),
    acknowledgeOutput: (executionId, ordinal) => outgoing.acknowledgeOutput(executionId, ordinal),
    acknowledgeReport: (executionId) => outgoing.acknowledgeReport(executionId),
    tellEndpoints: () =>
      outgoing.send({ $case: 'configure', value: { endpoints: [...parts.addresses.endpoints], concurrency: 0 } }),
    reconnect: ({ isElsewhere, ...hint }) => {
      const { endpoints, elsewhere } = parts.addresses;
      const value = { ...hint, endpoints: [...(isElsewhere ? elsewhere : endpoints)] };
      outgoing.sendLast({ $case: 'reconnect', value });
    },
    revoked: (reason) => outgoing.sendLast({ $case: 'revoked', value: { reason } }),
    pauseReading: (isPaused) => holdReading('writer full', isPaused),
    close: (problem) => (problem === undefined ? finish() : fail(Status.ABORTED, problem)),
  };

  function finish(): void {
    if (isOver) return;
    end();
    stream.end();
  }

  function fail(code: Status, message: string): void {
    if (isOver) return;
    end();
    stream.emit('error', { code, details: message }); // how grpc-js lets a server end a stream with a status
    if (session !== undefined) parts.sessions.close(session);
  }

  function leave(): void {
    if (session !== undefined && (!isOver || session.isOpen)) parts.sessions.close(session);
    end();
    stream.end();
  }

  function end(): void {
    if (isOver) return;
    isOver = true;
    clearTimeout(helloTimer);
    outgoing.end();
    bulk?.end();
    ssh?.end();
    const farewell = setTimeout(node.dropConnection, FAREWELL_MS).unref();
    stream.once('close', () => clearTimeout(farewell));
  }
}
