/**
 * A process that touches paths for the daemon, one task after the other, a line of JSON each; it ends with its standard
 * input. As another user it does one task: what it has become it cannot leave again. See `host-workers.ts`.
 */
import { readSync, writeSync } from 'node:fs';
import { becomeUser } from '../processes/become-user.ts';
import { prepareTask } from './host-task.ts';
import type { WorkerOrder } from './host-workers.ts';

process.umask(0o022);
const piece = Buffer.alloc(64 * 1024);
let pending: Buffer[] = [];
for (let length = readSync(0, piece); length > 0; length = readSync(0, piece)) {
  const data = Buffer.from(piece.subarray(0, length));
  if (data.at(-1) !== 10) {
    pending.push(data);
    continue;
  }
  const { user, task } = JSON.parse(Buffer.concat([...pending, data]).toString()) as WorkerOrder; // the daemon writes nothing else
  pending = [];
  const work = prepareTask(task);
  if (user !== undefined) becomeUser(user);
  answer(await work());
}

function answer(value: unknown): void {
  const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
}
