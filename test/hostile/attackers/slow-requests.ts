import { RawConnection } from '../wire/http1.ts';
import { given, report, sleep } from './given.ts';

/** Requests that come one byte at a time: headers that never end, and bodies that never come. */
const { api } = given();
const HEADERS = 'POST /v1/edge/groups HTTP/1.1\r\nhost: localhost\r\n';
const BODY = `${HEADERS}content-type: application/json\r\ncontent-length: 100000\r\n\r\n{"name":"`;
const connections = Array.from({ length: 400 }, (_, index) => {
  const connection = new RawConnection(api);
  connection.write(index % 2 === 0 ? HEADERS : BODY);
  return connection;
});
for (const until = performance.now() + 6_000; performance.now() < until; await sleep(250)) {
  for (const [index, connection] of connections.entries()) connection.write(index % 2 === 0 ? 'x' : 'a');
}
const stillOpen = connections.filter(({ isOpen }) => isOpen).length;
for (const { socket } of connections) socket.destroy();
report({ opened: connections.length, stillOpen });
