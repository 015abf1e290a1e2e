import { joinNode, openSession } from '../wire/node.ts';
import { given, report } from './given.ts';

/** Facts that change as fast as the line takes them: other labels each time. */
const { secret } = given<{ secret: string }>();
const node = await joinNode(secret);
let sent = 0;
let cuts = 0;
for (const until = performance.now() + 6_000; performance.now() < until; ) {
  const session = await openSession(node);
  await session.next('welcome');
  while (performance.now() < until && !session.isOver) {
    const facts = { os: 'linux', arch: 'x86_64', hostname: `h${sent}`, labels: [['number', String(sent)]] };
    if (session.send('facts_changed', { facts })) sent += 1;
    else await session.drained();
    if (sent % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  if (session.isOver) cuts += 1;
  session.close();
}
report({ sent, cuts });
