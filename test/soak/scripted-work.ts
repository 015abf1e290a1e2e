import { setTimeout as delay } from 'node:timers/promises';
import type { Executor } from '#daemon/executions/executor.ts';

const LINES = 5;
const LINE_EVERY_MS = 40;

/** What an execution says; nothing else may be stored of it. */
export function wordsOf(executionId: string): string {
  return Array.from({ length: LINES }, (_, line) => `${executionId} line ${line + 1}\n`).join('');
}

/** Work without a process: says its words a line at a time, over as long as a short command takes. */
export const scriptedWork: Executor = {
  async execute({ executionId }, io) {
    io.started();
    for (const line of wordsOf(executionId).split(/(?<=\n)/)) {
      await delay(LINE_EVERY_MS);
      if (!io.write(1, Buffer.from(line))) await io.ready();
    }
    return { outcome: 'ok', exitCode: 0 };
  },
};
