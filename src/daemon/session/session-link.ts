import type { NodeFrame } from '#protocol/gen/garrison/node/v1/node.ts';

export type OutgoingFrame = NonNullable<NodeFrame['frame']>;

/** The way to the controller, as those see it who have something to say. */
export interface SessionLink {
  /** A session is open and its stream takes more without queueing. Output waits for it; small frames need not. */
  readonly isWritable: boolean;
  /** Sends, or drops the frame when no session is open: whoever must be heard says it again at the next Welcome. */
  send(frame: OutgoingFrame): void;
}
