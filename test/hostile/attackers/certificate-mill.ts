import { openHttp2, unary } from '../wire/grpc.ts';
import { joinNode, newRequest } from '../wire/node.ts';
import { encode } from '../wire/node-proto.ts';
import { countBy, inParallel } from '../wire/tenant.ts';
import { given, report } from './given.ts';

/** A node that renews its certificate three thousand times. */
const { secret } = given<{ secret: string }>();
const node = await joinNode(secret);
const session = await openHttp2({ ...node, identity: node });
const request = encode('RenewRequest', { csr: newRequest().csr });
const until = performance.now() + 10_000;
const answers = await inParallel(3_000, 8, async () =>
  performance.now() > until ? { status: -2 } : unary(session, 'Renew', request),
);
session.destroy();
report(countBy(answers.map(({ status }) => status)));
