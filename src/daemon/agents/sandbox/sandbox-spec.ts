import type { Cgroup } from '../limits/cgroup.ts';
import type { SlotUser } from '../slots/slot-users.ts';

/** A process that is kept apart: what it is, whom it is, and the little of the host it sees. */
export interface SandboxSpec {
  /** Undefined: whoever the daemon is. */
  readonly user: SlotUser | undefined;
  /** As it is called inside. */
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** Inside. */
  readonly cwd: string;
  readonly readOnly: readonly Mount[];
  readonly writable: readonly Mount[];
  /** Otherwise there is nothing but its own loopback. */
  readonly sharesNetwork: boolean;
  readonly rlimits: Rlimits;
  readonly cgroup?: Cgroup | undefined;
  /** A file that is its standard input; empty without. */
  readonly stdinFile?: string | undefined;
  /** It is spoken with: its standard input is a pipe. */
  readonly takesInput?: boolean;
}

export interface Mount {
  /** On the host; may not have changed hands to somebody who could put a link there. */
  readonly outside: string;
  readonly inside: string;
}

export interface Rlimits {
  readonly processes?: number | undefined;
  readonly fileBytes?: number | undefined;
  readonly openFiles?: number | undefined;
}
