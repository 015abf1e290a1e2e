import { openHttp2, unary } from '../wire/grpc.ts';
import { enrolment, newRequest } from '../wire/node.ts';
import { encode } from '../wire/node-proto.ts';
import { countBy, inParallel } from '../wire/tenant.ts';
import { given, report } from './given.ts';

/** Guesses join secrets from one address, and then a host behind the same address joins with a good one. */
const { nodes, secret } = given<{ secret: string }>();
const { csr } = newRequest();
/** A connection is ended that asks for too much: this one comes back. */
let session = await open();

function open() {
  return openHttp2({ host: '127.0.0.1', port: nodes });
}

async function guess(index: number) {
  if (session.destroyed) session = await open();
  return unary(session, 'Enroll', encode('EnrollRequest', { ...enrolment(`bm9uZQ${index}`), csr }));
}

const refused = await inParallel(600, 8, guess);
session.destroy();
session = await open();
const good = await unary(session, 'Enroll', encode('EnrollRequest', { ...enrolment(secret), csr }));
session.destroy();
report({ refused: countBy(refused.map(({ status }) => status)), good: good.status, message: good.message });
