import { join } from 'node:path';
import type { InvokeRequest } from '#client/edge-fleet/wire.ts';
import { parseTarget } from '#surfaces/edge-fleet/shorthand/parse-target.ts';
import { ExitWith, usageError } from '../../cli-error.ts';
import { argument, type CommandSpec, option } from '../../command-spec.ts';
import { ExitCode } from '../../exit-codes.ts';
import { explainError } from '../../explain-error.ts';
import { EXIT_CODE_HELP, TARGET_HELP } from '../../help.ts';
import type { Invocation } from '../../invocation.ts';
import { resolveTarget } from '../../resolve-target.ts';
import type { Order } from '../run/order.ts';
import { runOnFleet, watchOnFleet } from '../run/run-on-fleet.ts';
import { type RunOptions, readPolicy, runOptions } from '../run/run-options.ts';
import { meansOneNode, NodeDirectories, nameOf, type Place, readPlace } from './read-places.ts';
import { type Fetched, placeFor, readFetched, saveFetched } from './save-fetched.ts';
import { readLocalFile, sendContent } from './send-content.ts';

interface CopyOptions extends Omit<RunOptions, 'on'> {
  readonly preserve?: boolean;
  readonly chmod?: string;
  readonly create?: boolean;
  readonly dryRun?: boolean;
}

type NodePlace = Place & { readonly on: string };

const OF_RUNS: ReadonlySet<string> = new Set([
  ...['--mode', '--max-concurrency', '--on-error', '--require-min', '--deadline'],
  ...['--user', '--quiet', '--events', '--detach'],
]);

export const command: CommandSpec = {
  name: 'cp',
  summary: 'files to machines, and back from them',
  description:
    'Copy a file to many nodes, or from many. It goes to the controller once, each node fetches it from there, compares its SHA-256, and puts it in its place in one step.',
  arguments: [
    argument('<src>', 'a file here, or TARGET:/path'),
    argument('<dst>', 'TARGET:/path, or a file or directory here; a directory keeps the name of the file'),
  ],
  options: [
    option('-p, --preserve', 'with the permissions that the file has here'),
    option('--chmod <mode>', 'with these permissions, three octal digits'),
    option('--create', 'only where there is nothing at the path'),
    option('-n, --dry-run', 'say for each node what would be done, and do nothing'),
    ...runOptions().filter(({ long }) => OF_RUNS.has(long ?? '')),
  ],
  help: TARGET_HELP,
  examples: [
    ['garrison cp motd web-1:/etc/motd', 'one node'],
    ['garrison cp app.tar.gz group:web:/opt/ --mode rolling=5', 'many, in waves of five'],
    ['garrison cp nginx.conf tags=web:/etc/nginx/nginx.conf --dry-run', 'where it would change something'],
    ['garrison cp web-1:/var/log/syslog .', 'back from one'],
    ['garrison cp all:/etc/hosts ./hosts', 'back from many: ./hosts/NODE/hosts'],
  ],
  helpAfterExamples: EXIT_CODE_HELP,
  run: async (invocation, src: string, dst: string) => {
    const [from, to] = [readPlace(src), readPlace(dst)];
    const options = invocation.opts<CopyOptions>();
    if (isOnNodes(to) && !isOnNodes(from)) return copyTo(invocation, from.path, to, options);
    if (isOnNodes(from) && !isOnNodes(to)) return copyFrom(invocation, from, to.path, options);
    throw usageError(
      'one side is here, and the other on nodes',
      'For example: garrison cp motd web-1:/etc/motd. On a node a path begins with a slash.',
    );
  },
};

function isOnNodes(place: Place): place is NodePlace {
  return place.on !== undefined;
}

async function copyTo(
  invocation: Invocation,
  file: string,
  { on, path }: NodePlace,
  { preserve = false, chmod, create = false, dryRun = false, ...options }: CopyOptions,
): Promise<never> {
  parseTarget(on); // before anything is sent
  const local = await readLocalFile(file);
  const client = await invocation.edgeFleet();
  const ticket = dryRun ? 'none' : (await sendContent(client, local, invocation.terminal.stderr)).ticket;
  const mode = chmod ?? (preserve ? local.mode : undefined);
  const args = {
    ...{ path, name: nameOf(file), ticket, sha256: local.sha256, size: local.size },
    ...(mode !== undefined && { mode }),
    ...(options.user !== undefined && { user: options.user }),
    ...(create && { create_only: true }),
    ...(dryRun && { dry_run: true }),
  };
  return runOnFleet(invocation, { tool: 'fs.put', args }, { ...options, on: [on] });
}

async function copyFrom(
  invocation: Invocation,
  { on, path }: NodePlace,
  destination: string,
  options: CopyOptions,
): Promise<never> {
  const { preserve, chmod, create, dryRun, detach } = options;
  if (preserve || chmod !== undefined || create || dryRun || detach)
    throw usageError('--preserve, --chmod, --create, --dry-run and --detach are for copies to nodes');
  const target = parseTarget(on);
  const client = await invocation.edgeFleet();
  const args = { path, ...(options.user !== undefined && { user: options.user }) };
  const order: Order = { tool: 'fs.get', args };
  const policy = readPolicy({ ...options, on: [on] });
  const request: InvokeRequest = { target: await resolveTarget(client, target), ...order, policy };
  const fetched: Fetched[] = [];
  const { exitCode, names } = await watchOnFleet(invocation, { client, request }, options, (event) => {
    const one = readFetched(event);
    if (one !== undefined) fetched.push(one);
  });
  const directories = new NodeDirectories();
  let hasFailed = false;
  for (const one of fetched) {
    const name = nameOf(path);
    const place = meansOneNode(target)
      ? await placeFor(destination, name)
      : join(destination, directories.for(names.of(one.nodeId), one.nodeId), name);
    try {
      await saveFetched(client, one, place);
      invocation.note(`${names.of(one.nodeId)}: ${place}`);
    } catch (error) {
      hasFailed = true;
      invocation.note(`${names.of(one.nodeId)}: not saved: ${explainError(error).message}`);
    }
  }
  throw new ExitWith(hasFailed && exitCode === ExitCode.ok ? ExitCode.failed : exitCode);
}
