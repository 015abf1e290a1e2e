/** The yardstick: a bare grpc-js server that says the same words over mutual TLS and keeps nothing. */
import { type AddressInfo, createServer } from 'node:net';
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { type ControllerFrame, type NodeFrame, NodeServiceService } from '#protocol/gen/garrison/node/v1/node.ts';
import { serveParent } from './child.ts';
import type { RawPlace } from './raw-broadcast.ts';
import { cpuSeconds, residentBytes } from './usage.ts';

type Stream = ServerDuplexStream<NodeFrame, ControllerFrame>;

const streams = new Set<Stream>();
let echoes = 0;
let heartbeats = 0;
let lastHeartbeatAt = 0;
let onEcho: () => void = () => undefined;

serveParent<never>({
  listen,
  broadcast,
  usage: () => ({ residentBytes: residentBytes(process.pid), cpuSeconds: cpuSeconds(process.pid) }),
  takeHeartbeats,
});

function listen({ server, caBundle, port }: RawPlace): Promise<number> {
  const pair = { private_key: Buffer.from(server.privateKey), cert_chain: Buffer.from(server.chain) };
  const grpc = new Server({ 'grpc.enable_channelz': 0 });
  grpc.addService(NodeServiceService, { session: serve });
  const tls = ServerCredentials.createSsl(Buffer.from(caBundle), [pair], true);
  const injector = grpc.createConnectionInjector(tls);
  const net = createServer({ noDelay: true }, (socket) => injector.injectConnection(socket));
  return new Promise((resolve, reject) => {
    net.once('error', reject);
    net.listen({ host: '127.0.0.1', port, backlog: 4096 }, () => resolve((net.address() as AddressInfo).port)); // it listens on TCP
  });
}

function serve(stream: Stream): void {
  stream.on('data', ({ frame }: NodeFrame) => {
    if (frame?.$case === 'hello') {
      streams.add(stream);
      stream.write({ frame: { $case: 'welcome', value: WELCOME } });
    } else if (frame?.$case === 'finished') {
      echoes++;
      onEcho();
    } else if (frame?.$case === 'heartbeat') {
      heartbeats++;
      lastHeartbeatAt = Date.now();
    }
  });
  const leave = () => {
    streams.delete(stream);
    stream.end();
  };
  for (const end of ['end', 'error', 'cancelled']) stream.on(end, leave);
}

/** Those that have come since the last time, and when the last one came. */
function takeHeartbeats(): { readonly count: number; readonly lastAt: number } {
  const count = heartbeats;
  heartbeats = 0;
  return { count, lastAt: lastHeartbeatAt };
}

/** An order to everybody, and an answer from everybody: milliseconds. */
function broadcast(): Promise<number> {
  const start = performance.now();
  echoes = 0;
  return new Promise((resolve) => {
    onEcho = () => {
      if (echoes === streams.size) resolve(performance.now() - start);
    };
    let place = 0;
    for (const stream of streams) {
      stream.write({ frame: { $case: 'execute', value: orderOf(`${start}-${place++}`) } });
    }
  });
}

function orderOf(executionId: string) {
  return {
    executionId,
    runId: '0190a000-0000-7000-8000-000000000000',
    tool: 'cmd.run',
    argsJson: '{"command":"true"}',
    timeoutMs: 60_000,
    startBefore: undefined,
    outputLimitBytes: 1 << 20,
  };
}

const WELCOME = {
  protocolVersion: 1,
  epoch: 1,
  heartbeatIntervalMs: 15_000,
  metricsIntervalMs: 0,
  nodeId: '',
  controllerId: '',
  at: undefined,
  endpoints: [],
};
