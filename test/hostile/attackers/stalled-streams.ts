import { Call, openHttp2 } from '../wire/grpc.ts';
import { enrolment, newRequest } from '../wire/node.ts';
import { encode } from '../wire/node-proto.ts';
import { inParallel } from '../wire/tenant.ts';
import { given, report, sleep } from './given.ts';

/** Many connections, on each as many calls as it takes: half of them never finished, none of their answers taken. */
const { nodes } = given();
const request = encode('EnrollRequest', { ...enrolment('x'.repeat(50_000)), csr: newRequest().csr });
let calls = 0;
const sessions = await inParallel(40, 2, async () => {
  const session = await openHttp2({ host: '127.0.0.1', port: nodes }, { initialWindowSize: 0 }).catch(() => undefined);
  if (session === undefined) return undefined;
  for (let number = 0; number < 16 && !session.destroyed; number += 1) {
    const call = new Call(session, 'Enroll');
    call.send(request);
    if (number % 2 === 0) call.end();
    calls += 1;
  }
  await sleep(100);
  return session;
});
await sleep(3_000);
for (const session of sessions) session?.destroy();
report({ connections: sessions.filter(Boolean).length, calls });
