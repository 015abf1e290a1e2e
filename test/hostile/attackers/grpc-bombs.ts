import { gzipSync } from 'node:zlib';
import { Call, type CallEnd, openHttp2 } from '../wire/grpc.ts';
import { joinNode } from '../wire/node.ts';
import { countBy } from '../wire/tenant.ts';
import { given, report } from './given.ts';

/** Messages that say they are four gigabytes, and small ones that are a hundred megabytes when unpacked. */
const { nodes, secret } = given<{ secret: string }>();
const bomb = gzipSync(Buffer.alloc(100 * 1_048_576));
const node = await joinNode(secret);
const statuses: string[] = [];

async function throwOne(method: string, throwIt: (call: Call) => void): Promise<void> {
  const session = await openHttp2({ host: '127.0.0.1', port: nodes, identity: method === 'Enroll' ? undefined : node });
  const call = new Call(session, method, { 'grpc-encoding': 'gzip' });
  throwIt(call);
  const late = new Promise<CallEnd>((resolve) => setTimeout(() => resolve({ status: -2, message: '' }), 3_000));
  statuses.push(`${method} ${(await Promise.race([call.ended, late])).status}`);
  session.destroy();
}

for (const method of ['Enroll', 'Renew', 'Session']) {
  for (let round = 0; round < 5; round += 1) {
    await throwOne(method, (call) => {
      call.send(bomb, { isCompressed: true });
      call.end();
    });
    await throwOne(method, (call) => {
      call.send(Buffer.alloc(65_536), { length: 0xffff_ffff });
      call.end();
    });
    await throwOne(method, (call) => {
      call.send(Buffer.alloc(1_000, 0xff), { isCompressed: true });
      call.end();
    });
  }
}
report(countBy(statuses));
