import { open } from 'node:fs/promises';
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff'; // unified diffs as every tool reads them
import { invokeAndFollow } from '#client/edge-fleet/follow-run.ts';
import type { FleetEvent } from '#client/edge-fleet/wire.ts';
import { parseTarget } from '#surfaces/edge-fleet/shorthand/parse-target.ts';
import { CliError, ExitWith, usageError } from '../../cli-error.ts';
import { ExitCode } from '../../exit-codes.ts';
import type { Invocation } from '../../invocation.ts';
import { resolveTarget } from '../../resolve-target.ts';
import { untilStopped } from '../../until-stopped.ts';
import { lookUpNames } from '../../watch/node-names.ts';
import type { CopyPlaceOnNode } from './read-places.ts';

/** What `fs.read` answers with in one piece. */
const MOST_BYTES = 512 * 1024;
const LIMITS = { timeout: 2_000, maxEditLength: 20_000, context: 3, headerOptions: FILE_HEADERS_ONLY };

/** What would change on each node, in a text; nodes where it is the same stand together. Nothing is changed. */
export async function showDiff(
  invocation: Invocation,
  file: string,
  { on, path }: CopyPlaceOnNode,
  { user, recursive = false }: { readonly user?: string; readonly recursive?: boolean },
): Promise<never> {
  if (recursive) throw usageError('--diff is for one file');
  const target = parseTarget(on);
  const after = await readText(file);
  const client = await invocation.edgeFleet();
  const args = { path, ...(user !== undefined && { user }) };
  const request = { target: await resolveTarget(client, target), tool: 'fs.read', args };
  const found = new Map<string, string[]>();
  let hasFailed = false;
  for await (const event of invokeAndFollow(client, request, { signal: untilStopped() })) {
    if (event.event !== 'command_result') continue;
    const said = sayOf(event, { path, after });
    hasFailed ||= said.hasFailed;
    found.set(said.text, [...(found.get(said.text) ?? []), event.data.node_id]);
  }
  if (found.size === 0) throw new CliError('no connected node matches', { exitCode: ExitCode.unavailable });
  const names = await lookUpNames(client, [...found.values()].flat());
  for (const [text, nodes] of found) {
    const where = nodes
      .map((id) => names.of(id))
      .toSorted()
      .join(', ');
    invocation.terminal.stdout.write(`${where}: ${text}`);
  }
  throw new ExitWith(hasFailed ? ExitCode.failed : ExitCode.ok);
}

interface Said {
  readonly text: string;
  readonly hasFailed: boolean;
}

type Result = Extract<FleetEvent, { readonly event: 'command_result' }>;

function sayOf({ data: { result } }: Result, { path, after }: { readonly path: string; readonly after: string }): Said {
  const good = (text: string): Said => ({ text, hasFailed: false });
  if ('ok' in result) {
    const { content, encoding } = (result.ok.result ?? {}) as Readonly<Record<string, unknown>>; // looked at here
    if (typeof content !== 'string' || encoding !== 'utf8') return good('the file there is not text\n');
    if (content === after) return good('the same\n');
    const patch = createTwoFilesPatch(path, path, content, after, 'there', 'here', LIMITS);
    return good(patch === undefined ? 'there are too many differences for a diff\n' : `\n${patch}`);
  }
  if (!('err' in result)) return { text: 'it did not answer in time\n', hasFailed: true };
  const { code, message } = result.err;
  if (code === 'path_not_found') return good('there is no such file yet\n');
  if (code === 'file_too_large') return good(`what is there has more than ${MOST_BYTES} bytes\n`);
  return { text: `${message}\n`, hasFailed: true };
}

/** @throws CliError for what is no text, or a long one */
async function readText(path: string): Promise<string> {
  const bytes = await readStart(path).catch((cause: Error) => {
    throw new CliError(`cannot read ${path}: ${cause.message}`, { exitCode: ExitCode.usage, cause });
  });
  const text = textOf(bytes);
  if (bytes.length <= MOST_BYTES && text !== undefined) return text;
  throw usageError(
    `--diff is for a text of ${MOST_BYTES} bytes at most`,
    'With --dry-run each node says whether it has the same.',
  );
}

async function readStart(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_BYTES + 1));
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function textOf(bytes: Buffer): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}
