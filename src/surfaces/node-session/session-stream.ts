/**
 * One `Session` stream.
 *
 * `greeting`: nothing but Hello is taken, and it has to come within ten seconds. `opening`: Hello is being committed; what the
 * node sends meanwhile waits in the stream, which is not read. `open`: frames go to the session. `over`: nothing is read
 * or written any more.
 *
 * greeting → opening on Hello; opening → open when the commit is there, → over when the node is refused; any → over when
 * the stream ends, a frame is unreadable, or core cuts the session.
 */
import { type ServerDuplexStream, status as Status } from '@grpc/grpc-js';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { NodeId } from '#core/kernel/ids.ts';
import type { MetricsWriter } from '#core/metrics/metrics-writer.ts';
import type { NodeLink } from '#core/sessions/node-link.ts';
import type { Session } from '#core/sessions/session.ts';
import type { SessionRegistry } from '#core/sessions/session-registry.ts';
import type { ControllerFrame, Hello, NodeFrame } from '#protocol/gen/garrison/node/v1/node.ts';
import { PROTOCOL_VERSION, SPOKEN_PROTOCOL_VERSIONS } from '#protocol/protocol-version.ts';
import type { Log } from '#runtime/log.ts';
import {
  frame,
  readExecutionId,
  readFacts,
  readFinished,
  readGreeting,
  readMetrics,
  readOutput,
  readPulse,
  UnreadableFrame,
  writeExecute,
} from './frames.ts';

const HELLO_WITHIN_MS = 10_000;

export interface SessionStreamParts {
  readonly sessions: SessionRegistry;
  readonly log: Log;
  readonly controllerId: string;
  readonly heartbeatIntervalMs: number;
  readonly endpoints: readonly string[];
  readonly metricsIntervalMs: number;
  /** The time nodes are told, which deadlines are measured by. Default: of this machine. */
  readonly now?: () => Date;
  readonly metrics: Pick<MetricsWriter, 'put'>;
}

export type NodeStream = ServerDuplexStream<NodeFrame, ControllerFrame>;

/** Serves `stream` for a node whose certificate has been checked. */
export function serveSession(
  stream: NodeStream,
  node: { readonly nodeId: NodeId; readonly serial: string },
  parts: SessionStreamParts,
): void {
  let session: Session | undefined;
  let isOver = false;
  const helloTimer = setTimeout(() => fail(Status.DEADLINE_EXCEEDED, 'no Hello came'), HELLO_WITHIN_MS);

  stream.on('data', (received: NodeFrame) => {
    if (isOver) return;
    try {
      if (session !== undefined) take(session, received);
      else if (received.frame?.$case === 'hello') void greet(received.frame.value);
      else fail(Status.FAILED_PRECONDITION, 'the first frame has to be Hello');
    } catch (error) {
      if (!(error instanceof UnreadableFrame))
        parts.log.error({ err: error, nodeId: node.nodeId }, 'a frame could not be taken');
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
    stream.pause();
    try {
      const opened = await parts.sessions.open(node.nodeId, node.serial, readGreeting(hello), link);
      session = opened;
      if (isOver) parts.sessions.close(opened);
      else stream.resume();
    } catch (error) {
      refuse(error);
    }
  }

  function refuse(error: unknown): void {
    if (error instanceof FleetError && error.code === 'forbidden') {
      write({ $case: 'revoked', value: { reason: error.message } });
      return fail(Status.PERMISSION_DENIED, error.message);
    }
    if (error instanceof UnreadableFrame) return fail(Status.INVALID_ARGUMENT, error.message);
    parts.log.warn({ err: error, nodeId: node.nodeId }, 'a session could not be opened');
    fail(Status.UNAVAILABLE, error instanceof FleetError ? error.message : 'the session could not be opened');
  }

  function take(open: Session, { frame: content }: NodeFrame): void {
    switch (content?.$case) {
      case 'heartbeat':
        return parts.sessions.pulse(open, readPulse(content.value));
      case 'started':
        return open.started(readExecutionId(content.value.executionId));
      case 'output':
        return open.output(readOutput(content.value));
      case 'finished':
        return open.finished(readFinished(content.value));
      case 'factsChanged': {
        const facts = readFacts(content.value.facts);
        parts.sessions
          .factsChanged(open, facts)
          .catch((error) => parts.log.warn({ err: error, nodeId: node.nodeId }, 'facts were not stored'));
        return;
      }
      case 'metrics':
        return parts.metrics.put(open, readMetrics(content.value));
      case 'hello':
        throw new UnreadableFrame('a second Hello');
      default: // Received, and frames of later versions: nothing depends on them
        return;
    }
  }

  function write(content: NonNullable<ControllerFrame['frame']>): void {
    if (!isOver) stream.write(frame(content));
  }

  const link: NodeLink = {
    welcome: (epoch) =>
      write({
        $case: 'welcome',
        value: {
          protocolVersion: PROTOCOL_VERSION,
          epoch,
          heartbeatIntervalMs: parts.heartbeatIntervalMs,
          metricsIntervalMs: parts.metricsIntervalMs,
          nodeId: node.nodeId,
          controllerId: parts.controllerId,
          at: parts.now?.() ?? new Date(),
          endpoints: [...parts.endpoints],
        },
      }),
    execute: (order) => write({ $case: 'execute', value: writeExecute(order) }),
    cancel: (executionId, reason) => write({ $case: 'cancel', value: { executionId, reason } }),
    acknowledgeOutput: (executionId, ordinal) => write({ $case: 'ackOutput', value: { executionId, ordinal } }),
    acknowledgeReport: (executionId) => write({ $case: 'ackFinished', value: { executionId } }),
    reconnect: (hint) => write({ $case: 'reconnect', value: { ...hint, endpoints: [...parts.endpoints] } }),
    revoked: (reason) => write({ $case: 'revoked', value: { reason } }),
    pauseReading: (isPaused) => {
      if (session === undefined) return; // opening: not read before it is open
      if (isPaused) stream.pause();
      else stream.resume();
    },
    close: (problem) => (problem === undefined ? finish() : fail(Status.ABORTED, problem)),
  };

  function finish(): void {
    if (isOver) return;
    isOver = true;
    clearTimeout(helloTimer);
    stream.end();
  }

  function fail(code: Status, message: string): void {
    if (isOver) return;
    isOver = true;
    clearTimeout(helloTimer);
    stream.emit('error', { code, details: message }); // how grpc-js lets a server end a stream with a status
    if (session !== undefined) parts.sessions.close(session);
  }

  function leave(): void {
    clearTimeout(helloTimer);
    if (session !== undefined && (!isOver || session.isOpen)) parts.sessions.close(session);
    isOver = true;
    stream.end();
  }
}
