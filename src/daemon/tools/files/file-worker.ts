/** A process of one order: becomes the user it is for, does it, says how it ended. See `act-on-file-as.ts`. */
import { readFileSync, writeSync } from 'node:fs';
import { becomeUser } from '../processes/become-user.ts';
import { actOnFile } from './act-on-file.ts';
import type { WorkerOrder } from './act-on-file-as.ts';

const { user, order } = JSON.parse(readFileSync(0, 'utf8')) as WorkerOrder; // the daemon writes nothing else
process.umask(0o022);
becomeUser(user);
const answer = Buffer.from(JSON.stringify(actOnFile(order)));
for (let at = 0; at < answer.length; ) at += writeSync(1, answer, at);
