import { setTimeout as delay } from 'node:timers/promises';
import { endProcessSession } from '../tools/processes/end-session.ts';
import type { TerminalProcess } from './terminal-process.ts';

const HANG_UP_MS = 1_000;

/** As a terminal that is closed does it, and the end of everything in its session a moment later. */
export async function hangUp(running: TerminalProcess, exited: Promise<unknown>): Promise<void> {
  running.signal('SIGHUP');
  running.end();
  await Promise.race([exited, delay(HANG_UP_MS)]);
  await endProcessSession(running.pid);
}
