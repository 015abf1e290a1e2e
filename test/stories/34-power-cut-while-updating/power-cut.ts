/**
 * Loaded before a program (`node --import`), it ends the process by SIGKILL at one step of its work, as a power cut would:
 * before, or after, the first call that the file `POWER_CUT_FILE` names (`Step`). The file is removed then, so the next life goes on.
 * The program itself knows nothing of it.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

export interface Step {
  readonly call: 'write' | 'rename' | 'remove';
  /** End of the path that is written, put in place, or removed. */
  readonly path: string;
  readonly when: 'before' | 'after';
  /** What is written, where not every call is meant. */
  readonly text?: string;
}

const file = process.env.POWER_CUT_FILE ?? '';

function step(): Step | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as Step; // the test has written it
  } catch {
    return undefined;
  }
}

function cut(): void {
  fs.unlinkSync(file);
  process.kill(process.pid, 'SIGKILL');
}

/** Says what is to be done after the call. */
function reached(call: Step['call'], path: string, text = ''): () => void {
  const wanted = step();
  if (wanted === undefined || wanted.call !== call || !path.endsWith(wanted.path)) return () => {};
  if (!text.includes(wanted.text ?? '')) return () => {};
  if (wanted.when === 'before') cut();
  return cut;
}

const { writeSync, renameSync, rmSync, readlinkSync } = fs;
const { rename } = fs.promises;
fs.writeSync = ((fd: number, ...rest: unknown[]) => {
  const after = reached('write', readlinkSync(`/proc/self/fd/${fd}`), String(rest[0]));
  const written = (writeSync as (...all: unknown[]) => number)(fd, ...rest); // as it was called
  after();
  return written;
}) as typeof writeSync; // the same but for the cut
fs.renameSync = (from, to) => {
  const after = reached('rename', String(to));
  renameSync(from, to);
  after();
};
fs.rmSync = (path, options) => {
  const after = reached('remove', String(path));
  rmSync(path, options);
  after();
};
fs.promises.rename = async (from, to) => {
  const after = reached('rename', String(to));
  await rename(from, to);
  after();
};
syncBuiltinESMExports();
