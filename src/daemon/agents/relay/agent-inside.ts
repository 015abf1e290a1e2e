/**
 * Runs inside the sandbox, in front of an agent: brings sockets that lead out to ports of its loopback, starts the agent,
 * and ends as the agent ends. It knows no secret. A program of its own: it imports nothing of ours.
 *
 * Arguments: `PORT=SOCKET` each, `--`, the agent's command line.
 */
import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { constants } from 'node:os';

const at = process.argv.indexOf('--');
const ways = process.argv.slice(2, at);
const [program = '', ...args] = process.argv.slice(at + 1);

await Promise.all(ways.map(open));
const child = spawn(program, args, { stdio: 'inherit' });
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  process.stderr.write(`${program} could not be started: ${error.message}\n`);
  process.exit(127);
});
child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 128 + constants.signals[signal]));

function open(way: string): Promise<void> {
  const [port, socket = ''] = way.split('=');
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (inside) => {
    const outside = connect({ path: socket, allowHalfOpen: true });
    for (const [one, other] of [
      [inside, outside],
      [outside, inside],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
    inside.pipe(outside).pipe(inside);
  });
  server.maxConnections = 128;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(port), '127.0.0.1', resolve);
  });
}
