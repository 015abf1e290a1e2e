import { RawConnection } from '../wire/http1.ts';
import { Tenant } from '../wire/tenant.ts';
import { given, report, sleep } from './given.ts';

/** Holds event streams open with a token that an operator revokes, and says how long they lived on. */
const { api, token, runId, operatorKey } = given<{
  token: { id: string; key: string };
  runId: string;
  operatorKey: string;
}>();
const streams = Array.from({ length: 3 }, () => {
  const stream = new RawConnection(api);
  const path = `/v1/edge/fleet/runs/${runId}/events`;
  stream.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token.key}\r\n\r\n`);
  return stream;
});
const isOver = ({ isOpen, received }: RawConnection) => !isOpen || received.endsWith('0\r\n\r\n');
for (let look = 0; look < 100 && !streams.every(({ received }) => received.includes(' 200 ')); look += 1)
  await sleep(50);
const opened = streams.filter(({ received, isOpen }) => isOpen && received.includes(' 200 ')).length;
const { status } = await new Tenant(api, operatorKey).call('DELETE', `/v1/keys/${token.id}`);
const revokedAt = performance.now();
while (!streams.every(isOver) && performance.now() - revokedAt < 10_000) await sleep(20);
report({
  opened,
  status,
  left: streams.filter((stream) => !isOver(stream)).length,
  afterMs: performance.now() - revokedAt,
});
