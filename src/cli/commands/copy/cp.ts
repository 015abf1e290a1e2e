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
import { Transfers } from '../../watch/transfers.ts';
import type { ToolOrder } from '../run/order.ts';
import { runOnFleet, watchOnFleet } from '../run/run-on-fleet.ts';
import { type RunOptions, readPolicy, runOptions } from '../run/run-options.ts';
import { type LocalTree, readLocalTree } from './local-tree.ts';
import {
  type CopyPlace,
  type CopyPlaceOnNode,
  meansOneNode,
  NodeDirectories,
  nameOf,
  readPlace,
} from './read-places.ts';
import { type Fetched, placeFor, readFetched, saveFetched } from './save-fetched.ts';
import { saveTree } from './save-tree.ts';
import { readLocalFile, sendContent } from './send-content.ts';
import { showDiff } from './show-diff.ts';

interface CopyOptions extends Omit<RunOptions, 'on'> {
  readonly preserve?: boolean;
  readonly chmod?: string;
  readonly create?: boolean;
  readonly dryRun?: boolean;
  readonly recursive?: boolean;
  readonly diff?: boolean;
}

const OF_RUNS: ReadonlySet<string> = new Set([
  ...['--mode', '--max-concurrency', '--on-error', '--require-min', '--deadline'],
  ...['--user', '--quiet', '--events', '--detach'],
]);

export const command: CommandSpec = {
  name: 'cp',
  summary: 'files to machines, and back from them',
  description:
    'Copy a file or a directory to many nodes, or from many. It goes to the controller once, each node fetches it from there, compares its SHA-256, and puts it in its place in one step.',
  arguments: [
    argument('<src>', 'a file here, or TARGET:/path; with -r a directory'),
    argument('<dst>', 'TARGET:/path, or a file or directory here; a directory keeps the name of the file'),
  ],
  options: [
    option('-r, --recursive', 'a directory with all that is in it, but for links and devices'),
    option('-p, --preserve', 'with the permissions that the file has here'),
    option('--chmod <mode>', 'with these permissions, three octal digits'),
    option('--create', 'only where there is nothing at the path'),
    option('-n, --dry-run', 'say for each node what would be done, and do nothing'),
    option('--diff', 'show for each node what would change in a text of 512 KiB at most, and do nothing'),
    ...runOptions().filter(({ long }) => OF_RUNS.has(long ?? '')),
  ],
  help: TARGET_HELP,
  examples: [
    ['garrison cp motd web-1:/etc/motd', 'one node'],
    ['garrison cp app.tar.gz group:web:/opt/ --mode rolling=5', 'many, in waves of five'],
    ['garrison cp nginx.conf tags=web:/etc/nginx/nginx.conf --dry-run', 'where it would change something'],
    ['garrison cp web-1:/var/log/syslog .', 'back from one'],
    ['garrison cp all:/etc/hosts ./hosts', 'back from many: ./hosts/NODE/hosts'],
    ['garrison cp -r site group:web:/srv/', 'a directory: /srv/site'],
    ['garrison cp -r web-1:/etc/nginx .', 'and back'],
  ],
  helpAfterExamples: EXIT_CODE_HELP,
  run: async (invocation, src: string, dst: string) => {
    const [from, to] = [readPlace(src), readPlace(dst)];
    const options = invocation.opts<CopyOptions>();
    if (isOnNodes(to) && !isOnNodes(from) && options.diff) return showDiff(invocation, from.path, to, options);
    if (isOnNodes(to) && !isOnNodes(from)) return copyTo(invocation, from.path, to, options);
    if (isOnNodes(from) && !isOnNodes(to)) return copyFrom(invocation, from, to.path, options);
    throw usageError(
      'one of the two has to be a local path, the other a path on nodes',
      'For example: garrison cp motd web-1:/etc/motd. On a node a path begins with a slash.',
    );
  },
};

function isOnNodes(place: CopyPlace): place is CopyPlaceOnNode {
  return place.on !== undefined;
}

async function copyTo(
  invocation: Invocation,
  file: string,
  { on, path }: CopyPlaceOnNode,
  { preserve = false, chmod, create = false, dryRun = false, recursive = false, ...options }: CopyOptions,
): Promise<never> {
  parseTarget(on); // before anything is sent
  if (recursive && (preserve || chmod !== undefined))
    throw usageError(
      '--preserve and --chmod are for files',
      'A directory is always copied with the permissions of its files.',
    );
  const local = recursive ? await readTree(invocation, file) : await readLocalFile(file);
  const client = await invocation.edgeFleet();
  const ticket = dryRun ? 'none' : (await sendContent(client, local, invocation.terminal.stderr)).ticket;
  const mode = chmod ?? (preserve && 'mode' in local ? local.mode : undefined);
  const name = 'name' in local ? local.name : nameOf(file);
  const args = {
    ...{ path, name, ticket, sha256: local.sha256, size: local.size },
    ...(mode !== undefined && { mode }),
    ...(options.user !== undefined && { user: options.user }),
    ...(create && { create_only: true }),
    ...(dryRun && { dry_run: true }),
    ...(recursive && { tree: true }),
  };
  const transfers = new Transfers(local.size);
  return runOnFleet(invocation, { tool: 'fs.put', args }, { ...options, on: [on], transfers });
}

/** One line that is written again, and gone when the next one is written. */
function progressOf({ terminal: { stderr } }: Invocation, node: string): (sofar: number) => void {
  return (sofar) => {
    if (stderr.isTerminal) stderr.rewriteLine(`${node}: ${(sofar / 1_048_576).toFixed(1)} MiB`);
  };
}

async function readTree(invocation: Invocation, path: string): Promise<LocalTree> {
  const tree = await readLocalTree(path);
  if (tree.leftOut > 0)
    invocation.note(`${path}: ${tree.leftOut} links and other things that are not files are left out`);
  return tree;
}

async function copyFrom(
  invocation: Invocation,
  { on, path }: CopyPlaceOnNode,
  destination: string,
  options: CopyOptions,
): Promise<never> {
  const { preserve, chmod, create, dryRun, diff, detach, recursive = false } = options;
  if (preserve || chmod !== undefined || create || dryRun || diff || detach)
    throw usageError('--preserve, --chmod, --create, --dry-run, --diff and --detach are for copies to nodes');
  const target = parseTarget(on);
  const client = await invocation.edgeFleet();
  const args = { path, ...(options.user !== undefined && { user: options.user }), ...(recursive && { tree: true }) };
  const order: ToolOrder = { tool: 'fs.get', args };
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
      await (recursive ? saveTree : saveFetched)(client, one, place, progressOf(invocation, names.of(one.nodeId)));
      if (invocation.terminal.stderr.isTerminal) invocation.terminal.stderr.rewriteLine('');
      invocation.note(`${names.of(one.nodeId)}: ${place}`);
    } catch (error) {
      hasFailed = true;
      invocation.note(`${names.of(one.nodeId)}: not saved: ${explainError(error).message}`);
    }
  }
  throw new ExitWith(hasFailed && exitCode === ExitCode.ok ? ExitCode.failed : exitCode);
}
