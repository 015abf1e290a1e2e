import { Readable } from 'node:stream';
import type { ArtifactDeps } from '../artifacts/keep-artifact.ts';
import { listArtifacts, openArtifact } from '../artifacts/read-artifacts.ts';
import type { Context } from '../kernel/context.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import { findTerminalSession } from './store.ts';
import type { TerminalSession, TerminalSessionId } from './terminal-session.ts';

export type RecordingDeps = Pick<ArtifactDeps, 'db' | 'clock' | 'store' | 'keptBy'>;

export interface StoredRecording {
  readonly session: TerminalSession;
  /** asciicast v2. */
  readonly content: Readable;
}

/**
 * What a session has shown so far, but for the part that is being written.
 * @throws FleetError `not_found` where there is no session, or nothing of it was recorded; `unavailable` when it is on the disk of another controller
 */
export async function readRecording(
  ctx: Context,
  deps: RecordingDeps,
  id: TerminalSessionId | undefined,
): Promise<StoredRecording> {
  const { tenantId } = ctx;
  const session = id && (await findTerminalSession(deps.db, { tenantId, id }));
  if (session === undefined)
    throw new FleetError('not_found', 'there is no such session; garrison sessions ls lists them');
  const parts = await listArtifacts(deps, { tenantId, kind: 'terminal', id: session.id });
  const [first] = parts;
  if (first === undefined)
    throw new FleetError('not_found', 'there is no recording of this session yet; recordings are stored part by part');
  const opened = await openArtifact(deps, { tenantId, id: first.id });
  if (opened === undefined) throw new FleetError('not_found', 'the recording of this session has been removed');
  async function* lines() {
    yield headerOf(session as TerminalSession); // it was found above
    if (opened !== undefined) yield* opened.content;
    for (const part of parts.slice(1)) {
      const next = await openArtifact(deps, { tenantId, id: part.id });
      if (next !== undefined) yield* next.content;
    }
  }
  return { session, content: Readable.from(lines(), { objectMode: false }) };
}

/** asciicast v2: the first line. */
function headerOf({ width, height, startedAt, term, nodeName, program }: TerminalSession): string {
  const header = {
    version: 2,
    width: width ?? 80,
    height: height ?? 24,
    timestamp: Math.floor(startedAt.getTime() / 1_000),
    title: program === null ? nodeName : `${program} on ${nodeName}`,
    env: { TERM: term ?? 'xterm' },
  };
  return `${JSON.stringify(header)}\n`;
}
