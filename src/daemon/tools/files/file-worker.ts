/** A process of one order: becomes the user it is for, does it, says how it ended. See `act-on-file-as.ts`. */
import { readFileSync, writeSync } from 'node:fs';
import { actOnFile } from './act-on-file.ts';
import type { WorkerOrder } from './act-on-file-as.ts';

const { account, order } = JSON.parse(readFileSync(0, 'utf8')) as WorkerOrder; // the daemon writes nothing else
become(account);
const answer = Buffer.from(JSON.stringify(actOnFile(order)));
for (let at = 0; at < answer.length; ) at += writeSync(1, answer, at);

/** Node has it wherever there are users; its types do not. */
type WithInitgroups = NodeJS.Process & { initgroups(user: string, extraGroup: number): void };

/** For good: real, effective and saved ids, and the groups the user is in. @throws where any of it is refused */
function become({ name, uid, gid }: WorkerOrder['account']): void {
  process.umask(0o022);
  (process as WithInitgroups).initgroups(name, gid);
  process.setgid?.(gid);
  process.setuid?.(uid);
  if (process.getuid?.() !== uid || process.geteuid?.() !== uid) throw new Error(`this process is not ${name}`);
}
