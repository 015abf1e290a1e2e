/**
 * How long does it take from a key to its echo, through the controller, and beside a terminal that prints all it can?
 *
 * `cat` on a terminal of a real daemon, reached as `garrison ssh` reaches it; one key after the other, each when the one before was
 * echoed, alone and while another terminal of the node prints without end and is read. Yardstick in the same run: `cat` on a
 * terminal of this process, without any of it. Runs of all three take turns.
 *
 *   node bench/terminal.ts [--save]
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { spawn } from '@lydell/node-pty'; // terminals for the daemon, and here for the yardstick
import { openTunnel } from '../src/client/tunnels/open-tunnel.ts';
import { TerminalFrameReader, writeTerminalFrame } from '../src/protocol/terminal/terminal-frames.ts';
import { BenchController } from './support/controller.ts';
import { type RealNode, RealNodes } from './support/real-nodes.ts';
import { publish } from './support/report.ts';
import { percentile } from './support/sample.ts';

const RUNS = 3;
const KEYS = 300;
const WARM_UP = 20;
const WINDOW = { columns: 80, rows: 24, type: 'xterm-256color' };

/** Resolves with milliseconds, from the key to its echo. */
type Press = () => Promise<number>;

const controller = new BenchController();
const nodes = new RealNodes();
const times = { local: [] as number[][], alone: [] as number[][], beside: [] as number[][] };
try {
  await controller.start();
  const [node] = await nodes.start(controller, 1);
  if (node === undefined) throw new Error('there is no node');
  const local = localTerminal();
  const socket = await openTerminal(node, ['cat']);
  const far = farTerminal(socket);
  for (let run = 0; run < RUNS; run += 1) {
    times.local.push(await press(local.press));
    times.alone.push(await press(far));
    const neighbour = await openTerminal(node, [
      'yes',
      'a line of output that is as long as lines of logs use to be, more or less',
    ]);
    neighbour.resume();
    await once(neighbour, 'data');
    times.beside.push(await press(far));
    neighbour.destroy();
  }
  local.end();
  socket.destroy();
} finally {
  nodes.stop();
  await controller.close();
}
const at = (values: readonly number[][], rank: number) => values.map((one) => percentile(one, rank));
const yardstick = (rank: number) => ({ what: 'a terminal of this machine', values: at(times.local, rank) });
await publish({
  name: 'terminal',
  question:
    'How long does it take from a key to its echo, through the controller, and beside a terminal that prints all it can?',
  figures: [
    {
      what: 'key to echo, p50',
      unit: 'ms',
      values: at(times.alone, 0.5),
      atMost: Math.ceil((percentileOf(times.local, 0.5) + 3) * 100) / 100,
      yardstick: yardstick(0.5),
    },
    { what: 'key to echo, p99', unit: 'ms', values: at(times.alone, 0.99), yardstick: yardstick(0.99) },
    {
      what: 'key to echo beside a busy terminal, p50',
      unit: 'ms',
      values: at(times.beside, 0.5),
      yardstick: yardstick(0.5),
    },
    {
      what: 'key to echo beside a busy terminal, p99',
      unit: 'ms',
      values: at(times.beside, 0.99),
      atMost: 25,
      yardstick: yardstick(0.99),
    },
  ],
  notes: [
    `${KEYS} keys a run. Client, controller, daemon, database and the busy terminal share the cores; terminals are recorded, as they are by default.`,
    'The budget of p50 is that of the local terminal and 3 ms.',
  ],
});

function percentileOf(values: readonly number[][], rank: number): number {
  return percentile(
    values.flat().toSorted((one, other) => one - other),
    rank,
  );
}

async function press(key: Press): Promise<number[]> {
  for (let one = 0; one < WARM_UP; one += 1) await key();
  const took: number[] = [];
  for (let one = 0; one < KEYS; one += 1) took.push(await key());
  return took.toSorted((one, other) => one - other);
}

function localTerminal(): { press: Press; end: () => void } {
  const { columns: cols, rows, type: name } = WINDOW;
  const terminal = spawn('cat', [], { name, cols, rows });
  const heard = echoes();
  terminal.onData(heard.tell);
  return { press: () => heard.after((key) => terminal.write(key)), end: () => terminal.kill() };
}

function farTerminal(socket: Socket): Press {
  const reader = new TerminalFrameReader();
  const heard = echoes();
  socket.on('data', (piece: Buffer) => {
    for (const frame of reader.read(piece)) if (frame.kind === 'output') heard.tell(String(frame.bytes));
  });
  return () => heard.after((key) => socket.write(writeTerminalFrame({ kind: 'input', bytes: Buffer.from(key) })));
}

/** Every key is another one than the one before, so that no echo is taken for another's. */
function echoes() {
  let count = 0;
  let waiting: { readonly key: string; readonly heard: () => void } | undefined;
  return {
    tell: (text: string) => {
      if (waiting !== undefined && text.includes(waiting.key)) waiting.heard();
    },
    after: async (act: (key: string) => void): Promise<number> => {
      const key = String.fromCharCode(97 + (count++ % 26));
      const echo = new Promise<void>((resolve) => {
        waiting = { key, heard: resolve };
      });
      const startedAt = performance.now();
      act(key);
      await echo;
      return performance.now() - startedAt;
    },
  };
}

function openTerminal({ id }: RealNode, command: readonly string[]): Promise<Socket> {
  const { api, masterKey } = controller.addresses;
  const access = { baseUrl: api, headers: { authorization: `Bearer ${masterKey}` } };
  return openTunnel(access, { kind: 'terminal', node: id, command, terminal: WINDOW, sessions: true });
}
