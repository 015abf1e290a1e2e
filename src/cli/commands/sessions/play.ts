import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { setTimeout as delay } from 'node:timers/promises';
import { CliError } from '../../cli-error.ts';
import { argument, type CommandSpec, option } from '../../command-spec.ts';
import type { Invocation } from '../../invocation.ts';
import { positiveNumber } from '../../parse/read-number.ts';
import { untilStopped } from '../../until-stopped.ts';
import { readCastLine } from './read-cast-line.ts';
import { showingOf } from './showing.ts';

interface PlayOptions {
  readonly speed: number;
  readonly maxWait: number;
  readonly raw?: boolean;
}

export const command: CommandSpec = {
  name: 'play',
  description:
    'Play the recording of a terminal session as it looked, in its own time. Needs the scope garrison.recordings.read, and is in the audit log.',
  arguments: [argument('<id>', 'id of the session')],
  options: [
    option('--speed <factor>', 'so many times as fast', positiveNumber, 1),
    option('--max-wait <seconds>', 'longer pauses are cut to this', positiveNumber, 3),
    option('--raw', 'print the recording itself: asciicast v2'),
  ],
  examples: [
    ['garrison sessions play ID --speed 4', 'four times as fast'],
    ['garrison sessions play ID --raw > session.cast', 'for asciinema and others'],
  ],
  run: async (invocation, id: string) => {
    const { speed, maxWait, raw = false } = invocation.opts<PlayOptions>();
    const { body } = await (await invocation.native()).terminalRecording(id);
    if (body === null) throw new CliError('the controller sent no recording');
    const stream = Readable.fromWeb(body as ReadableStream); // one type with two declarations
    const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
    if (raw) return print(invocation, lines);
    await play(invocation, lines, { speed, maxWait });
  },
};

async function print({ terminal }: Invocation, lines: AsyncIterable<string>): Promise<void> {
  for await (const line of lines) terminal.stdout.write(`${line}\n`);
}

/** Writes what was shown, each at its time after the one before. */
async function play(
  invocation: Invocation,
  lines: AsyncIterable<string>,
  { speed, maxWait }: Pick<PlayOptions, 'speed' | 'maxWait'>,
): Promise<void> {
  const signal = untilStopped();
  const shown = await showingOf(invocation, USUAL);
  let at = 0;
  try {
    for await (const line of lines) {
      const event = readCastLine(line);
      if (event === undefined) continue;
      const waitMs = (Math.min(maxWait, Math.max(0, event.seconds - at)) / speed) * 1_000;
      at = event.seconds;
      if (waitMs >= 1) await delay(waitMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) break;
      if (event.kind === 'output') await shown.show(event.text);
      else shown.resize(event.columns, event.rows);
    }
  } finally {
    await shown.end();
  }
}

/** Until the recording says its own. */
const USUAL = { columns: 80, rows: 24 };
