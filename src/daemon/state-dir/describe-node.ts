import { existsSync } from 'node:fs';
import { readRevocation } from './revocation-note.ts';
import type { StateDir } from './state-dir.ts';
import { readStatus } from './status-file.ts';

export interface NodeDescription {
  readonly state: 'not_joined' | 'revoked' | 'stopped' | 'disconnected' | 'connected';
  readonly problem: string | null;
  readonly node_id: string | null;
  readonly cluster: string | null;
  readonly endpoint: string | null;
  /** When the session began. */
  readonly since: string | null;
  readonly running: number;
  readonly queued: number;
  readonly unacknowledged: number;
  readonly spooled_bytes: number;
  readonly certificate_ends_at: string | null;
  readonly pid: number | null;
  readonly version: string | null;
  readonly state_dir: string;
}

/** A daemon writes its status every 15 s; one that has not for so long is not running, whoever has its pid now. */
const STALE_MS = 60_000;

/** How the node of a state directory is, by what its daemon has written. */
export function describeNode(stateDir: StateDir, now = Date.now()): NodeDescription {
  const status = readStatus(stateDir);
  const revocation = readRevocation(stateDir);
  const isRunning = status !== undefined && isAlive(status.pid) && now - Date.parse(status.writtenAt) < STALE_MS;
  const session = isRunning ? status.session : undefined;
  const base = {
    node_id: status?.nodeId ?? null,
    cluster: status?.clusterName || null,
    endpoint: session?.kind === 'open' || session?.kind === 'connecting' ? session.endpoint : null,
    since: session?.kind === 'open' ? String(session.since) : null,
    running: status?.running ?? 0,
    queued: status?.queued ?? 0,
    unacknowledged: status?.unacknowledged ?? 0,
    spooled_bytes: status?.spooledBytes ?? 0,
    certificate_ends_at: status?.certificateEndsAt ?? null,
    pid: isRunning ? status.pid : null,
    version: status?.version ?? null,
    state_dir: stateDir.path,
  };
  if (!existsSync(stateDir.identityFile)) return { ...base, state: 'not_joined', problem: 'it has no identity' };
  if (revocation !== undefined) return { ...base, state: 'revoked', problem: revocation.reason };
  if (!isRunning) return { ...base, state: 'stopped', problem: 'no daemon is running' };
  if (session?.kind === 'open') return { ...base, state: 'connected', problem: status.problems.join('; ') || null };
  const problem = session?.kind === 'waiting' ? session.problem : 'it is connecting';
  return { ...base, state: 'disconnected', problem };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
