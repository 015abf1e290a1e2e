import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { openTunnel, type TunnelWanted } from '#client/tunnels/open-tunnel.ts';
import { joinStreams } from '#runtime/join-streams.ts';
import { silentLog } from '#runtime/log.ts';
import { OwnedSockets } from '#runtime/owned-sockets.ts';
import { usageError } from '../../cli-error.ts';
import { argument, type CommandSpec, option } from '../../command-spec.ts';
import { explainError } from '../../explain-error.ts';
import type { Invocation } from '../../invocation.ts';
import { untilStopped } from '../../until-stopped.ts';

interface TunnelOptions {
  readonly stdio?: string;
  readonly bind: string;
}

interface Way {
  readonly host: string | undefined;
  readonly port: number;
  readonly localPort: number;
}

export const command: CommandSpec = {
  name: 'tunnel',
  summary: 'a port of a machine, or beyond it, on this one',
  description:
    'Open a local port that leads to a port of a node, or of another host that the node reaches and its policy opens. It stays open until Ctrl-C. Nothing listens on the node for it.',
  arguments: [
    argument('[node]', 'name, id or alias of the node'),
    argument('[port]', 'PORT, HOST:PORT, each with :LOCAL behind it for the local port'),
  ],
  options: [
    option(
      '--stdio <host[:port]>',
      'one connection on standard input and output; HOST is a node, and without PORT it leads to Garrison’s own SSH server there. For ProxyCommand of ssh',
    ),
    option('--bind <address>', 'the local address to listen on', '127.0.0.1'),
  ],
  examples: [
    ['garrison tunnel db-1 5432', 'port 5432 of db-1 is on 127.0.0.1:5432'],
    ['garrison tunnel db-1 5432:15432', 'the same, on local port 15432; 0 picks a free one'],
    ['garrison tunnel gateway printer.lan:80:8080', 'a host in the network of the node'],
    [
      "ssh -o ProxyCommand='garrison tunnel --stdio %h:%p' root@db-1",
      'the SSH server of the node, without a port of it that is open',
    ],
  ],
  run: async (invocation, node: string | undefined, port: string | undefined) => {
    const { stdio, bind } = invocation.opts<TunnelOptions>();
    if (stdio !== undefined) return overStdio(invocation, readNodePort(stdio));
    if (node === undefined || port === undefined)
      throw usageError('say which node and which port', 'For example: garrison tunnel db-1 5432');
    return listen(invocation, node, { ...readWay(port), bind });
  },
};

async function overStdio(invocation: Invocation, wanted: TunnelWanted): Promise<void> {
  const socket = await openTunnel(await invocation.tunnels(), wanted);
  await Promise.all([
    pipeline(process.stdin, socket).catch(() => socket.destroy()),
    pipeline(socket, process.stdout, { end: false }).catch(() => {}),
    once(socket, 'end').then(() => process.stdin.destroy()),
  ]);
}

async function listen(invocation: Invocation, node: string, way: Way & { readonly bind: string }): Promise<void> {
  const { host, port, localPort, bind } = way;
  const access = await invocation.tunnels();
  const { stderr } = invocation.terminal;
  const carry = async (client: Socket) => {
    client.on('error', () => client.destroy());
    client.pause();
    try {
      const socket = await openTunnel(access, { kind: 'tcp', node, host, port });
      await joinStreams(client, socket);
    } catch (error) {
      client.destroy();
      stderr.write(`a connection was refused: ${explainError(error).message}\n`);
    }
  };
  const sockets = new OwnedSockets({ name: 'tunnel', log: silentLog, limits: { most: 1_024, mostPerAddress: 1_024 } });
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    if (sockets.take(client)) void carry(client);
  });
  server.listen(localPort, bind);
  await once(server, 'listening');
  const { port: bound } = server.address() as AddressInfo; // it listens on a port
  const target = host === undefined ? `port ${port} of ${node}` : `${host}:${port} by way of ${node}`;
  invocation.note(`${bind}:${bound} leads to ${target}. Ctrl-C ends it.`);
  if (invocation.format === 'json')
    invocation.terminal.stdout.write(`${JSON.stringify({ address: bind, port: bound })}\n`);
  const stopped = untilStopped();
  await once(stopped, 'abort');
  server.close();
  sockets.endAll();
}

/** `PORT`, `PORT:LOCAL`, `HOST:PORT` or `HOST:PORT:LOCAL`; an IPv6 address in brackets. */
function readWay(text: string): Way {
  const [, bracketed, named, port, local] =
    /^(?:(?:\[([\da-fA-F:.]+)\]|([^\d:][^:]*|\d+\.[^:]*)):)?(\d{1,5})(?::(\d{1,5}))?$/.exec(text) ?? [];
  const number = readPort(port, 1);
  const localPort = local === undefined ? number : readPort(local, 0);
  if (number === undefined || localPort === undefined)
    throw usageError(
      `${text} is not a port`,
      'PORT, PORT:LOCAL, HOST:PORT or HOST:PORT:LOCAL; an IPv6 address in brackets.',
    );
  return { host: bracketed ?? named, port: number, localPort };
}

function readNodePort(text: string): TunnelWanted {
  const [, node = '', port] = /^([^:]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (node !== '' && port === undefined) return { kind: 'ssh', node };
  const number = readPort(port, 1);
  if (number === undefined) throw usageError(`${text} is not a node with a port`, 'For example: --stdio db-1:22');
  return { kind: 'tcp', node, port: number };
}

function readPort(text: string | undefined, least: number): number | undefined {
  const port = Number(text);
  return text !== undefined && port >= least && port <= 65_535 ? port : undefined;
}
