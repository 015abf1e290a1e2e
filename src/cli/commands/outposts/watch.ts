import { setTimeout as delay } from 'node:timers/promises';
import { ApiError, UnreachableError } from '#client/api-error.ts';
import type { Outpost } from '#client/org-outposts/org-outposts-client.ts';
import { type CommandSpec, option } from '../../command-spec.ts';
import type { Invocation } from '../../invocation.ts';
import { paintStatus } from '../../output/paint.ts';
import { printable } from '../../output/printable.ts';
import { readDuration } from '../../parse/read-duration.ts';

interface OutpostChange {
  readonly outpost: Outpost;
  readonly change: string;
}

/** What is different between two looks, in words. A heartbeat that only comes on time is no change. */
export function changesOf(before: readonly Outpost[], now: readonly Outpost[]): OutpostChange[] {
  const known = new Map(before.map((one) => [one.id, one]));
  return now.flatMap((outpost) => {
    const old = known.get(outpost.id);
    const words = old === undefined ? [firstWords(outpost)] : differences(old, outpost);
    return words.map((change) => ({ outpost, change }));
  });
}

function firstWords({ region, last_seen, cert_expires_at }: Outpost): string {
  return `in ${region}, ${last_seen === null ? 'never seen' : `seen ${last_seen}`}, certificate until ${cert_expires_at ?? 'unknown'}`;
}

function differences(old: Outpost, now: Outpost): string[] {
  const words: string[] = [];
  if (old.status !== now.status) words.push(`was ${old.status}`);
  if (old.cert_expires_at !== now.cert_expires_at) words.push(`new certificate, until ${now.cert_expires_at}`);
  if (old.last_seen === null && now.last_seen !== null) words.push('first heartbeat');
  if (old.outpost_version !== now.outpost_version) words.push(`version ${now.outpost_version}`);
  if (old.policy_version !== now.policy_version) words.push(`policy ${now.policy_version}`);
  return words;
}

export const watch: CommandSpec = {
  name: 'watch',
  description: 'Tell every change of state of the outposts as it happens. Ctrl-C ends it.',
  options: [option('--every <time>', 'how often to look', readDuration, 5000)],
  examples: [
    ['garrison outposts watch', 'who comes, who goes, who has a new certificate'],
    ['garrison outposts watch --every 1s --output json', 'a line of JSON for each change'],
  ],
  run: async (invocation) => {
    const { every } = invocation.opts<{ every: number }>();
    const leaving = new AbortController();
    const stopListening = invocation.terminal.onInterrupt(() => leaving.abort());
    try {
      await tellChanges(invocation, every, leaving.signal);
    } catch (error) {
      if (!leaving.signal.aborted) throw error;
    } finally {
      stopListening();
    }
  },
};

/** The first look tells what there is; a controller that is away for a while is waited for. */
async function tellChanges(invocation: Invocation, everyMs: number, signal: AbortSignal): Promise<void> {
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
