import { FACTS, joinNode, openSession } from '../wire/node.ts';
import { given, report } from './given.ts';

/** Answers an order with two hundred times the output it may have. */
const { secret, megabytes } = given<{ secret: string; megabytes: number }>();
const session = await openSession(await joinNode(secret), { facts: { ...FACTS, invocable_tools: ['cmd.run'] } });
const order = await session.next('execute');
const id = String(order?.get(1)?.[0]);
session.send('started', { execution_id: id });
const chunk = Buffer.alloc(65_536, 0x61);
const chunks = (megabytes * 1_048_576) / chunk.length;
let sent = 0;
for (; sent < chunks && !session.isOver; sent += 1) {
  if (!session.send('output', { execution_id: id, stream: 1, offset: sent * chunk.length, data: chunk, ordinal: sent }))
    await session.drained();
}
session.send('finished', { execution_id: id, outcome: 'ok', exit_code: 0, output_chunks: sent });
const isAcknowledged = (await session.next('ack_finished')) !== undefined;
session.close();
report({ sentBytes: sent * chunk.length, isAcknowledged });
