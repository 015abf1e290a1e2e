import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { ApiError, UnreachableError } from '#client/api-error.ts';
import type { Outpost } from '#client/org-outposts/org-outposts-client.ts';
import { addExamples } from '../../help.ts';
import { act, type Invocation } from '../../invocation.ts';
import { paintStatus } from '../../output/paint.ts';
import { printable } from '../../output/printable.ts';
import { readDuration } from '../../parse/read-duration.ts';
import type { Terminal } from '../../terminal.ts';
import { changesOf } from './changes-of.ts';

export function addWatch(outposts: Command, terminal: Terminal): void {
  const command = outposts
    .command('watch')
    .description('Tell every change of state of the outposts as it happens. Ctrl-C ends it.')
    .option('--every <time>', 'how often to look', readDuration, 5000)
    .action(
      act(terminal, async (invocation) => {
        const { every } = invocation.opts<{ every: number }>();
        const leaving = new AbortController();
        const stopListening = terminal.onInterrupt(() => leaving.abort());
        try {
          await watch(invocation, every, leaving.signal);
        } catch (error) {
          if (!leaving.signal.aborted) throw error;
        } finally {
          stopListening();
        }
      }),
    );
  addExamples(command, [
    ['garrison outposts watch', 'who comes, who goes, who has a new certificate'],
    ['garrison outposts watch --every 1s --output json', 'a line of JSON for each change'],
  ]);
}

/** The first look tells what there is; a controller that is away for a while is waited for. */
async function watch(invocation: Invocation, everyMs: number, signal: AbortSignal): Promise<void> {
  const { client, orgId } = await invocation.outposts();
  let before: readonly Outpost[] = [];
  for (;;) {
    const now = await client.list(orgId).catch((error: unknown) => {
      if (before.length === 0 || !isPassing(error)) throw error;
      invocation.note(`the controller does not answer: ${(error as Error).message}`);
      return before;
    });
    for (const { outpost, change } of changesOf(before, now)) tell(invocation, outpost, change);
    before = now;
    await delay(everyMs, undefined, { signal });
  }
}

function tell(invocation: Invocation, outpost: Outpost, change: string): void {
  const { stdout } = invocation.terminal;
  const at = invocation.terminal.now().toISOString();
  if (invocation.format !== 'table') {
    stdout.write(`${JSON.stringify({ at, change, outpost })}\n`);
    return;
  }
  const status = paintStatus(invocation.paint, outpost.status);
  stdout.write(`${at} ${printable(outpost.outpost_name)} ${status}: ${change}\n`);
}

function isPassing(error: unknown): boolean {
  return error instanceof UnreachableError || (error instanceof ApiError && error.status >= 500);
}
