/** What keeps a daemon from starting, joining or going on. A code never changes its meaning. */
export const DAEMON_ERROR_CODES = [
  /** The state directory cannot be made, read or written. */
  'state_dir_unusable',
  /** Another daemon runs in this state directory. */
  'already_running',
  /** There is no identity here: the host has not joined. */
  'not_joined',
  /** There is an identity here already, and nobody said to join again. */
  'already_joined',
  /** The key of this node is not made on this host (outposts), or the controller could not be asked in time. */
  'rotation_failed',
  /** The controller has revoked this node. */
  'revoked',
  /** The identity on the disk cannot be read. */
  'identity_unusable',
  /** The join secret cannot be read, or lacks what is needed to trust the controller. */
  'join_secret_unusable',
  /** What answers at the endpoint is not the controller the join secret names. */
  'controller_untrusted',
  /** No endpoint could be reached. */
  'controller_unreachable',
  /** The controller does not take the join secret, or not this host. */
  'join_refused',
  /** The controller lets nobody in now: too many try at once, or there is no room. It may later. */
  'join_postponed',
  /** Controller and daemon have no protocol version in common. */
  'protocol_unsupported',
  /** The policy file, a label or an option cannot be read. */
  'configuration_invalid',
  /** The host has no systemd, or it refused. */
  'service_manager_failed',
] as const;

export type DaemonErrorCode = (typeof DAEMON_ERROR_CODES)[number];

export interface DaemonErrorOptions {
  readonly cause?: unknown;
  /** Where it may pass by itself: how long to wait at least before it is tried again. */
  readonly retryInMs?: number;
}

/** `message` is for the person at the host: what happened, why, and what to do. It never holds a secret. */
export class DaemonError extends Error {
  readonly code: DaemonErrorCode;
  /** Undefined: trying again changes nothing. */
  readonly retryInMs: number | undefined;

  constructor(code: DaemonErrorCode, message: string, { cause, retryInMs }: DaemonErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'DaemonError';
    this.code = code;
    this.retryInMs = retryInMs;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
