import type { ControllerId, Id, NodeId } from '../kernel/ids.ts';

export type TerminalSessionId = Id<'terminal-session'>;

/** A shell or a command that somebody is, or was, connected to. */
export interface TerminalSession {
  readonly id: TerminalSessionId;
  readonly nodeId: NodeId;
  readonly nodeName: string;
  /** Who opened it. */
  readonly subject: string;
  readonly caller: string;
  readonly address: string | null;
  readonly door: 'command_line' | 'console';
  /** First word of the command; null for a login shell. Never the others: they may hold secrets. */
  readonly program: string | null;
  /** Whom the caller asked to be on the node; null: whom the node says. */
  readonly wantedUser: string | null;
  /** Whom it runs as on the node, once the node has said it. */
  readonly runAs: string | null;
  /** Width of the window when it began; null without a terminal of its own. */
  readonly width: number | null;
  readonly height: number | null;
  readonly term: string | null;
  readonly controllerId: ControllerId;
  /** How often somebody was connected to it. */
  readonly attachment: number;
  readonly startedAt: Date;
  /** Nobody is connected since; null while somebody is. */
  readonly detachedAt: Date | null;
  readonly endedAt: Date | null;
  readonly endReason: string | null;
  readonly endedBy: string | null;
  readonly exitCode: number | null;
  readonly isRecorded: boolean;
  /** Bytes of its output that are in its recording. */
  readonly recordedBytes: number;
  /** Why the recording is not whole. */
  readonly recordingProblem: string | null;
}

/** How long a shell waits for whoever was cut off. */
export const KEEP_SECONDS = 60;
