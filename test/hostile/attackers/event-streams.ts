import { RawConnection } from '../wire/http1.ts';
import { given, report, sleep } from './given.ts';

/** A thousand readers of one run's events, none of whom reads. */
const { api, key, runId } = given<{ key: string; runId: string }>();
const connections: RawConnection[] = [];
for (let index = 0; index < 1_000; index += 1) {
  const connection = new RawConnection(api);
  connection.write(
    `GET /v1/edge/fleet/runs/${runId}/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n\r\n`,
  );
  connections.push(connection);
  if (index % 20 === 0) await sleep(100);
}
await sleep(3_000);
const open = connections.filter(({ isOpen, received }) => isOpen && received.includes(' 200 ')).length;
const refused = connections.filter(({ received }) => / (429|503) /.test(received)).length;
for (const { socket } of connections) socket.destroy();
report({ asked: connections.length, open, refused });
