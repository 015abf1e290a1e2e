import { randomUUID } from 'node:crypto';
import { type Variant, variantsOf } from '../wire/extremes.ts';
import { openHttp2, unary } from '../wire/grpc.ts';
import {
  enrolment,
  FACTS,
  type JoinedNode,
  joinNode,
  type NodeSession,
  newRequest,
  openSession,
} from '../wire/node.ts';
import { type Content, fieldsOf, MESSAGES } from '../wire/node-proto.ts';
import { given, report } from './given.ts';

/** Every field of every frame and of every call, one after the other, at each extreme its type has. */
const { secret, nodes: port } = given<{ secret: string }>();
/** Greetings of one node are counted: beyond some in a row it is cut without a look at what it says. */
const GREETINGS = 40;
const LANES = 4;
const BASES: Readonly<Record<string, Content>> = {
  Hello: { protocol_version: 1, facts: FACTS, free_slots: 1 },
  Heartbeat: { healthy: true, free_slots: 1 },
  Started: { execution_id: randomUUID() },
  Received: { execution_id: randomUUID() },
  Output: { execution_id: randomUUID(), stream: 1, data: Buffer.from('x') },
  Finished: { execution_id: randomUUID(), outcome: 'ok' },
  FactsChanged: { facts: FACTS },
  Metrics: { host: {}, daemon: {} },
};
let cut = 0;
let variants = 0;
let greetings = 0;

/** A host that says what one lane has to say; the lanes are side by side, each with hosts of its own. */
class Lane {
  #node: JoinedNode | undefined;
  #greetings = 0;
  #session: NodeSession | undefined;

  async greet(hello?: Buffer): Promise<NodeSession> {
    greetings += 1;
    this.#greetings += 1;
    if (this.#node === undefined || this.#greetings % GREETINGS === 0) this.#node = await joinNode(secret);
    const from = `127.66.0.${1 + (greetings % 250)}`; // from one address it would be let in seldom
    return openSession({ ...this.#node, from }, hello);
  }

  async say(kind: string, { bytes }: Variant): Promise<void> {
    const session = this.#session === undefined || this.#session.isOver ? await this.#open() : this.#session;
    session.send(kind, bytes);
    await session.pinged();
    await session.pinged(); // a session is cut after the turn in which its frame is read
    variants += 1;
    if (!session.isOver) return;
    cut += 1;
    session.close();
  }

  close(): void {
    this.#session?.close();
  }

  async #open(): Promise<NodeSession> {
    this.#session = await this.greet();
    await this.#session.next('welcome');
    return this.#session;
  }
}

const frames = fieldsOf('NodeFrame').filter(({ name }) => name !== 'hello');
await Promise.all(
  frames.map(async ({ name, type }) => {
    const lane = new Lane();
    for (const variant of variantsOf(type, BASES[type] ?? {})) await lane.say(name, variant);
    lane.close();
  }),
);

const hellos = [...variantsOf('Hello', BASES.Hello ?? {})];
await Promise.all(
  Array.from({ length: LANES }, async () => {
    const lane = new Lane();
    for (let variant = hellos.pop(); variant !== undefined; variant = hellos.pop()) {
      const greeting = await lane.greet(variant.bytes);
      await greeting.pinged();
      greeting.close();
      variants += 1;
    }
  }),
);

const calls: Readonly<Record<string, Content>> = {
  EnrollRequest: { ...enrolment(secret), csr: newRequest().csr },
  RenewRequest: { csr: newRequest().csr },
  RevokeOthersRequest: { serial: '00' },
};
const node = await joinNode(secret);
const statuses: Record<string, number> = {};
const CUT = -1;
const openCalls = () => openHttp2({ host: '127.0.0.1', port, identity: node });
let http2 = await openCalls();

/** Asked again on a connection of its own when it was cut: a connection may ask for so much, whatever it asks for. */
async function call(message: string, bytes: Buffer): Promise<number> {
  const method = message.replace('Request', '');
  if (http2.destroyed) http2 = await openCalls();
  const { status } = await unary(http2, method, bytes);
  if (status !== CUT) return status;
  cut += 1;
  http2.destroy();
  http2 = await openCalls();
  return (await unary(http2, method, bytes)).status;
}

for (const [message, base] of Object.entries(calls)) {
  for (const variant of variantsOf(message, base)) {
    const status = await call(message, variant.bytes);
    statuses[status] = (statuses[status] ?? 0) + 1;
    variants += 1;
  }
}
http2.destroy();
report({ variants, cut, statuses, messages: MESSAGES.size });
