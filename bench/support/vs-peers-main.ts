/**
 * What `vs-peers.sh` measures once its sshd runs: the same `true` on every target, by the tools people use and by Garrison.
 *
 * A target is an address of 127.0.1.0/24 for ssh and a daemon for Garrison. The ssh tools come first, while nothing of
 * Garrison runs; warm means that connections to all targets have been left open by a round that is not counted. A round
 * in which one target fails fails the benchmark.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Installation } from '../../test/support/installation.ts';
import { processesWith } from '../../test/support/process-table.ts';
import { type Figure, median, publish } from './report.ts';

const FAN_OUT = 50;
/** Rounds of what takes a fraction of a second, for one of what takes many. */
const SHORT_ROUNDS = 5;

const { values: options } = parseArgs({
  options: {
    targets: { type: 'string', default: '50,100' },
    runs: { type: 'string', default: '3' },
    save: { type: 'boolean' },
  },
});
const sizes = options.targets.split(',').map((text) => readCount(text, 250));
const runs = readCount(options.runs, 100);
const place = process.env.VS_PEERS_PLACE;
if (place === undefined) throw new Error('start bench/vs-peers.sh; it makes the place for this');
const sshConfig = join(place, 'ssh', 'config');

interface Peer {
  readonly name: string;
  /** How many times slower than Garrison it has to be. */
  readonly atLeast?: number;
  readonly rounds: number;
  readonly isWarm: boolean;
  readonly begin: (targets: readonly string[], controlDir: string) => Invocation;
}

interface Invocation {
  readonly command: readonly [string, ...string[]];
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const peers: readonly Peer[] = [
  {
    name: 'clush, cold',
    atLeast: 10,
    rounds: runs,
    isWarm: false,
    begin: (targets) => ({
      command: ['clush', '-S', '-B', '-f', `${FAN_OUT}`, '-o', `-F ${sshConfig}`, '-w', targets.join(','), 'true'],
    }),
  },
  { name: 'ansible -m raw, cold', atLeast: 10, rounds: runs, isWarm: false, begin: ansible('raw') },
  { name: 'ansible -m raw, warm connections', rounds: runs, isWarm: true, begin: ansible('raw') },
  {
    name: 'ansible -m command, warm connections, pipelining',
    atLeast: 10,
    rounds: runs,
    isWarm: true,
    begin: ansible('command', { ANSIBLE_PIPELINING: 'True' }),
  },
  {
    name: 'xargs -P ssh, warm connections (ControlMaster)',
    atLeast: 2,
    rounds: runs * SHORT_ROUNDS,
    isWarm: true,
    begin: (targets, controlDir) => {
      const control = ['-o', 'ControlMaster=auto', '-o', 'ControlPersist=300', '-o', `ControlPath=${controlDir}/%h`];
      return {
        command: ['xargs', '-P', `${FAN_OUT}`, '-I{}', 'ssh', '-n', '-F', sshConfig, ...control, '{}', 'true'],
        input: `${targets.join('\n')}\n`,
      };
    },
  },
];

const peerTimes = new Map(sizes.map((size) => [size, measurePeers(size)]));
const garrisonTimes = await measureGarrison();
const figures = sizes.flatMap((size) => figuresOf(size, garrisonTimes.get(size) as GarrisonTimes)); // measured for each
await publish({
  name: 'vs-peers',
  question: 'How much faster does a whole fleet answer than with the tools people use over ssh?',
  figures,
  notes: [...sentences(), ...caveats()],
});

function measurePeers(size: number): ReadonlyMap<string, readonly number[]> {
  const targets = Array.from({ length: size }, (_, i) => `127.0.1.${i + 1}`);
  return new Map(peers.map((peer) => [peer.name, measurePeer(peer, targets)]));
}

function measurePeer(peer: Peer, targets: readonly string[]): number[] {
  const directories = new Set<string>();
  const directoryOf = (round: number) => {
    const directory = join(place as string, `c${peers.indexOf(peer)}-${targets.length}-${peer.isWarm ? 0 : round}`); // checked above
    mkdirSync(directory, { recursive: true });
    directories.add(directory);
    return directory;
  };
  try {
    if (peer.isWarm) timed(peer.begin(targets, directoryOf(0)));
    const times = Array.from({ length: peer.rounds }, (_, round) => timed(peer.begin(targets, directoryOf(round))));
    console.log(`${targets.length} targets, ${peer.name}: ${Math.round(median(times))} ms`);
    return times;
  } finally {
    for (const directory of directories) {
      for (const pid of processesWith(`${directory}/`)) process.kill(pid);
    }
  }
}

function ansible(module: string, env: Readonly<Record<string, string>> = {}): Peer['begin'] {
  return (targets, controlDir) => ({
    command: ['ansible', 'all', '-i', `${targets.join(',')},`, '-m', module, '-a', 'true'],
    env: {
      ANSIBLE_CONFIG: join(place as string, 'ansible.cfg'), // checked above
      ANSIBLE_SSH_CONTROL_PATH_DIR: controlDir,
      ...env,
    },
  });
}

function timed({ command: [program, ...args], input = '', env = {} }: Invocation): number {
  const start = performance.now();
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    env: { ...process.env, ...env },
    input,
    encoding: 'utf8',
  });
  const time = performance.now() - start;
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ended with ${status}:\n${stdout}\n${stderr}`);
  return time;
}

interface GarrisonTimes {
  /** POST to the event that says that the run has ended. */
  readonly http: readonly number[];
  /** The whole `garrison run`, as a person starts it. */
  readonly commandLine: readonly number[];
}

/** The fleet grows from one size to the next. */
async function measureGarrison(): Promise<ReadonlyMap<number, GarrisonTimes>> {
  const installation = await Installation.start({ env: { GARRISON_ADMISSION_RATE: '200' } });
  const times = new Map<number, GarrisonTimes>();
  try {
    for (const size of sizes.toSorted((left, right) => left - right)) {
      while (installation.daemons.length < size) await addNodes(installation, size);
      const http: number[] = [];
      for (let warmUp = 0; warmUp < 3; warmUp++) await runOnAll(installation, size);
      for (let round = 0; round < runs * SHORT_ROUNDS; round++) http.push(await runOnAll(installation, size));
      const commandLine = Array.from({ length: runs }, () => timed(runByCommandLine(installation)));
      console.log(`${size} targets, Garrison: ${Math.round(median(http))} ms`);
      times.set(size, { http, commandLine });
    }
    return times;
  } finally {
    await installation.close();
  }
}

async function addNodes(installation: Installation, size: number): Promise<void> {
  const first = installation.daemons.length;
  const names = Array.from({ length: Math.min(10, size - first) }, (_, i) => `target-${first + i}`);
  await Promise.all(names.map((name) => installation.addNode(name)));
}

async function runOnAll(installation: Installation, size: number): Promise<number> {
  const start = performance.now();
  const events = await installation.run({
    target: { Selector: {} },
    tool: 'cmd.run',
    args: { command: 'sh', args: ['-c', 'true'] }, // what sshd makes of `true`
    policy: { failure_policy: 'ContinueOnError' },
  });
  const time = performance.now() - start;
  const last = events.at(-1);
  if (last?.event !== 'fleet_result' || last.data.summary.ok !== size) {
    throw new Error(`a run on ${size} nodes ended with ${JSON.stringify(last)}`);
  }
  return time;
}

function runByCommandLine({ ready }: Installation): Invocation {
  const garrison = new URL('../../bin/garrison', import.meta.url).pathname;
  return {
    command: [garrison, 'run', 'true', '--on', 'all', '--fold'],
    env: { GARRISON_API: ready.api, GARRISON_TOKEN: ready.edgeToken },
  };
}

function figuresOf(size: number, { http, commandLine }: GarrisonTimes): Figure[] {
  const yardstick = { what: 'Garrison', values: http };
  return [
    { what: `${size} targets: Garrison, POST to the last result stored`, unit: 'ms', values: http },
    ...peers.map(({ name, atLeast }) => ({
      what: `${size} targets: ${name}`,
      unit: 'ms',
      values: timesOf(size, name),
      yardstick,
      ...(atLeast !== undefined && { atLeastOfYardstick: atLeast }),
    })),
    {
      what: `${size} targets: \`garrison run\`, the program's own start included`,
      unit: 'ms',
      values: commandLine,
      yardstick,
    },
  ];
}

function timesOf(size: number, name: string): readonly number[] {
  return peerTimes.get(size)?.get(name) ?? [];
}

function sentences(): string[] {
  return sizes.flatMap((size) => {
    const garrison = median(garrisonTimes.get(size)?.http ?? []);
    return peers.map(({ name }) => {
      const ratio = median(timesOf(size, name)) / garrison;
      const isFaster = ratio >= 1;
      const times = (isFaster ? ratio : 1 / ratio).toFixed(1);
      return `On ${size} targets Garrison is ${times}× ${isFaster ? 'faster' : 'slower'} than ${name}.`;
    });
  });
}

function caveats(): string[] {
  const kex = /^kexalgorithms ([^,\n]+)/m.exec(firstOutput('ssh', ['-G', '-F', sshConfig, '127.0.1.1']))?.[1];
  return [
    `${firstOutput('ssh', ['-V'])}, key exchange ${kex}; clush ${firstOutput('clush', ['--version'])}; ` +
      `${firstOutput('ansible', ['--version'])}. Fan-out ${FAN_OUT} for every tool; one sshd without PAM, ed25519 keys.`,
    'The targets share the cores with the tools: what the ssh tools take includes the key exchanges and forks of all ' +
      'targets, what Garrison takes all its daemons, the controller and PostgreSQL. A real fleet spreads both.',
    'ssh makes a login session on the target, with a shell and its startup files (here /bin/sh and an empty home); a ' +
      'daemon starts `sh -c true` at once. Garrison writes each order to disk before it starts and each result before ' +
      'it is told; the ssh tools keep nothing.',
    'Warm: the connections were left open by a round that is not counted, as daemons keep theirs. Loopback: no latency.',
    'Garrison is measured from the POST to the event that says the run has ended; the start of `garrison run` is in its own row.',
  ];
}

function firstOutput(program: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return args[0] === '-G' ? stdout : ((stdout || stderr).split('\n')[0]?.trim() ?? '');
}

function readCount(text: string, most: number): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= most) return count;
  console.error(`vs-peers: ${JSON.stringify(text)} is not a number from 1 to ${most}`);
  process.exit(2);
}
