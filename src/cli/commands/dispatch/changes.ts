import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { AgentDispatchClient } from '#client/agent-dispatch/agent-dispatch-client.ts';
import { CliError } from '../../cli-error.ts';
import { argument, type CommandSpec, option, requiredOption } from '../../command-spec.ts';
import { sentenceView } from '../../output/print-view.ts';

const PATCH = 'changes.patch';

export const diff: CommandSpec = {
  name: 'diff',
  description: 'Print what a dispatch changed, as a patch that git applies.',
  arguments: [argument('<id>', 'the dispatch')],
  examples: [
    ['garrison dispatch diff dsp_20260113_143052_abc123', 'to read'],
    ['garrison dispatch diff dsp_20260113_143052_abc123 | git apply --index', 'the same as apply'],
  ],
  run: async (invocation, id: string) => {
    const patch = await readPatch(await invocation.dispatch(), id);
    const shown = Buffer.from(patch).toString('utf8');
    await invocation.print({ data: { dispatchId: id, patch: shown }, text: () => shown });
  },
};

export const apply: CommandSpec = {
  name: 'apply',
  description: 'Apply what a dispatch changed to the repository of the working directory, index included.',
  arguments: [argument('<id>', 'the dispatch')],
  options: [option('--three-way', 'where the files have changed since, merge')],
  examples: [['garrison dispatch apply dsp_20260113_143052_abc123', 'nothing is applied unless all of it is']],
  run: async (invocation, id: string) => {
    const patch = await readPatch(await invocation.dispatch(), id);
    const isThreeWay = invocation.opts<{ threeWay?: boolean }>().threeWay === true;
    await git(['apply', '--index', ...(isThreeWay ? ['--3way'] : []), '-'], { stdin: patch });
    await invocation.print(sentenceView({ dispatchId: id, applied: true }, `the changes of ${id} are in the index`));
  },
};

export const push: CommandSpec = {
  name: 'push',
  description: 'Commit what a dispatch changed on the commit it began with, and push it as a branch of its own.',
  arguments: [argument('<id>', 'the dispatch')],
  options: [
    requiredOption('--branch <name>', 'name of the branch'),
    option('--remote <name>', 'where to', 'origin'),
    option('--message <text>', 'of the commit (default: the first line of the task)'),
  ],
  examples: [
    ['garrison dispatch push dsp_20260113_143052_abc123 --branch agent/tests', 'from a clone of the repository'],
  ],
  run: async (invocation, id: string) => {
    const { branch, remote, message } = invocation.opts<{ branch: string; remote: string; message?: string }>();
    const client = await invocation.dispatch();
    const [patch, base, { task }] = [
      await readPatch(client, id),
      await readBase(client, id),
      await client.dispatch(id),
    ];
    const subject = message ?? `${task.split('\n', 1)[0]}\n\nDispatch ${id}`;
    await inWorktree(base, async (directory) => {
      await git(['apply', '--index', '-'], { stdin: patch, directory });
      await git(['commit', '--quiet', '--no-verify', '-F', '-'], { stdin: Buffer.from(subject), directory });
      await git(['push', '--quiet', remote, `HEAD:refs/heads/${branch}`], { directory });
    });
    await invocation.print(sentenceView({ dispatchId: id, branch, remote }, `${branch} is on ${remote}`));
  },
};

export async function readPatch(client: AgentDispatchClient, id: string): Promise<Uint8Array> {
  const found = (await client.artifacts(id)).find(({ key }) => key === PATCH);
  if (found !== undefined) return client.download(found);
  const { status } = await client.dispatch(id);
  throw new CliError(`${id} (${status}) has left no ${PATCH}`, {
    advice: 'garrison dispatch show says how far it came; garrison dispatch artifacts lists what there is.',
  });
}

/** The commit it began with. */
async function readBase(client: AgentDispatchClient, id: string): Promise<string> {
  const found = (await client.artifacts(id)).find(({ key }) => key === 'result.json');
  const result = found && JSON.parse(Buffer.from(await client.download(found)).toString('utf8'));
  if (typeof result?.base_commit === 'string' && /^[0-9a-f]{40,64}$/.test(result.base_commit))
    return result.base_commit;
  throw new CliError(`${id} did not say which commit it began with, so nothing can be pushed`);
}

/** A checkout beside the one of the working directory, which is left alone. */
async function inWorktree(commit: string, work: (directory: string) => Promise<void>): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), 'garrison-push-'));
  const directory = join(parent, 'tree');
  try {
    await git(['worktree', 'add', '--quiet', '--detach', directory, commit], {});
    await work(directory);
  } finally {
    await git(['worktree', 'remove', '--force', directory], {}).catch(() => undefined); // it may not have been made
    await rm(parent, { recursive: true, force: true });
  }
}

/** @throws CliError with what git says */
async function git(
  args: readonly string[],
  { stdin, directory }: { readonly stdin?: Uint8Array; readonly directory?: string },
): Promise<void> {
  const child = spawn('git', args, { cwd: directory, stdio: ['pipe', 'ignore', 'pipe'] });
  child.stdin.on('error', () => undefined); // git has said why by then
  child.stdin.end(stdin ?? '');
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]).catch((cause) => {
    throw new CliError(`git cannot be run: ${cause.message}`, { cause, advice: 'Is git installed?' });
  });
  if (code !== 0) throw new CliError(`git ${args[0]} failed: ${said.trim()}`);
}
