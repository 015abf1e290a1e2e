/**
 * One session, from the opening of its stream to its end. It is `greeting` until the controller has sent Welcome, then
 * open; frames of the controller reach `handlers` from Welcome on. However it ends, it ends once, with one `SessionEnd`.
 */
import { type ClientDuplexStream, status as Status, type StatusObject } from '@grpc/grpc-js';
import type {
  ControllerFrame,
  Hello,
  NodeFrame,
  NodeServiceClient,
  Reconnect,
  Welcome,
} from '#protocol/gen/garrison/node/v1/node.ts';
import { REFUSAL_KEY } from '#protocol/refusals.ts';
import { withClock } from '../about-clock.ts';
import type { OutgoingFrame, SessionLink } from './session-link.ts';

export type ControllerWord = NonNullable<ControllerFrame['frame']>;

export type SessionEnd =
  /** There was no connection, or no Welcome. */
  | { readonly kind: 'unreachable'; readonly message: string }
  /** The controller does not want this node, its certificate, or its version. */
  | { readonly kind: 'refused'; readonly code: Status; readonly message: string }
  /** The certificate is good, and the controller's database does not have it. */
  | { readonly kind: 'not_known'; readonly message: string }
  /** The session was open and is not any more. */
  | { readonly kind: 'lost'; readonly message: string }
  /** The controller asks to come back elsewhere or later. */
  | { readonly kind: 'sent_away'; readonly hint: Reconnect }
  | { readonly kind: 'revoked'; readonly reason: string }
  /** We left. */
  | { readonly kind: 'left' };

export interface SessionHandlers {
  onWelcome(welcome: Welcome, link: SessionLink): void;
  onWord(word: ControllerWord): void;
  /** The stream takes more again. */
  onDrain(): void;
}

export interface HoldOptions {
  readonly client: NodeServiceClient;
  readonly hello: Hello;
  readonly handlers: SessionHandlers;
  readonly welcomeWithinMs: number;
  /** Aborting leaves the session: what was sent is let out first. */
  readonly signal: AbortSignal;
}

const REFUSALS: readonly Status[] = [Status.UNAUTHENTICATED, Status.PERMISSION_DENIED, Status.FAILED_PRECONDITION];

/** How long what was written may take to leave when we do. */
const FAREWELL_MS = 1000;

export function holdSession({ client, hello, handlers, welcomeWithinMs, signal }: HoldOptions): Promise<SessionEnd> {
  return new Promise((resolve) => {
    const stream = client.session();
    const link = new StreamLink(stream);
    let isOpen = false;
    const timer = setTimeout(() => end({ kind: 'unreachable', message: 'no Welcome came' }), welcomeWithinMs);

    stream.on('data', (frame: ControllerFrame) => {
      if (frame.frame !== undefined && !link.isOver) take(frame.frame);
    });
    stream.on('drain', () => {
      link.drained();
      if (isOpen) handlers.onDrain();
    });
    stream.on('error', () => {}); // told by `status`
    stream.on('status', (status: StatusObject) => end(endOf(status, isOpen)));
    signal.addEventListener('abort', leave);
    link.send({ $case: 'hello', value: hello });
    if (signal.aborted) leave();

    function take(word: ControllerWord): void {
      switch (word.$case) {
        case 'welcome':
          clearTimeout(timer);
          isOpen = true;
          return handlers.onWelcome(word.value, link);
        case 'revoked':
          return end({ kind: 'revoked', reason: word.value.reason });
        case 'reconnect':
          return end({ kind: 'sent_away', hint: word.value });
        default:
          if (isOpen) handlers.onWord(word);
      }
    }

    function leave(): void {
      if (link.isOver) return;
      link.isOver = true;
      stream.end();
      const farewell = setTimeout(() => end({ kind: 'left' }), FAREWELL_MS);
      stream.once('status', () => clearTimeout(farewell));
    }

    function end(sessionEnd: SessionEnd): void {
      link.isOver = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
      stream.cancel();
      resolve(signal.aborted && sessionEnd.kind !== 'revoked' ? { kind: 'left' } : sessionEnd);
    }
  });
}

class StreamLink implements SessionLink {
  readonly #stream: ClientDuplexStream<NodeFrame, ControllerFrame>;
  #isFull = false;
  isOver = false;

  constructor(stream: ClientDuplexStream<NodeFrame, ControllerFrame>) {
    this.#stream = stream;
  }

  get isWritable(): boolean {
    return !this.isOver && !this.#isFull;
  }

  send(frame: OutgoingFrame): void {
    if (!this.isOver) this.#isFull = !this.#stream.write({ frame });
  }

  drained(): void {
    this.#isFull = false;
  }
}

function endOf({ code, details, metadata }: StatusObject, isOpen: boolean): SessionEnd {
  const [reason] = metadata.get(REFUSAL_KEY);
  if (reason === 'revoked') return { kind: 'revoked', reason: details };
  if (reason === 'not_known') return { kind: 'not_known', message: details };
  if (REFUSALS.includes(code)) return { kind: 'refused', code, message: details };
  const message = details === '' || details === 'OK' ? 'the controller closed the session' : withClock(details);
  return isOpen ? { kind: 'lost', message } : { kind: 'unreachable', message };
}
