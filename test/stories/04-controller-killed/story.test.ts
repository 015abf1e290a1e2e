import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CommandProgress, FleetEvent } from '#client/edge-fleet/wire.ts';
import { Installation, script, until } from '#test/support/installation.ts';
import { LightDaemons } from '#test/support/light-daemons.ts';

const NODES = 30;
const RUNS = 10;
/** What all nodes together run at the same time; the rest waits on the nodes. */
const SLOTS = NODES * 4;
const EXECUTIONS = NODES * RUNS;

let site: Installation;
let nodes: LightDaemons;
let place: string;

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'controller-killed-'));
  site = await Installation.start();
  nodes = await LightDaemons.join(site, { count: NODES, concurrency: SLOTS / NODES });
});

afterAll(async () => {
  await nodes.close();
  await site.close();
  rmSync(place, { recursive: true, force: true });
});

/** Where an execution leaves its mark. It is appended to, so that a second start would show. */
const mark = `${'$'}{GARRISON_EXECUTION_ID}`;

/** Where executions wait until the test lets them go on, so many at a time. */
class Gate {
  /** For a script. */
  readonly wait: string;
  readonly #pipe: number;

  constructor(path: string) {
    execFileSync('mkfifo', [path]);
    this.#pipe = openSync(path, 'r+');
    this.wait = `read -r -n 1 < ${path}`;
  }

  letThrough(executions: number): void {
    writeSync(this.#pipe, '.'.repeat(executions));
  }

  close(): void {
    closeSync(this.#pipe);
  }
}

function marks(directory: string): string[] {
  return readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'));
}

async function eventsOf(runId: string): Promise<FleetEvent[]> {
  const { events } = await site.fleet.events(runId, undefined, AbortSignal.timeout(60_000));
  return Array.fromAsync(events);
}

/** What is stored of an execution, one stream after the other. */
function outputOf(progress: readonly CommandProgress[], stream: 'stdout' | 'stderr'): string {
  return progress.map(({ chunk }) => (chunk as Partial<Record<typeof stream, string>>)[stream] ?? '').join('');
}

test('SIGKILL twice in the middle of 300 executions: one outcome each, each started once, no acknowledged output lost', async () => {
  const { ledger } = nodes;
  const marked = join(place, 'marked');
  mkdirSync(marked);
  const gate = new Gate(join(place, 'gate'));
  const text = `echo started >> ${marked}/${mark}; for n in 1 2 3; do echo "out $n"; echo "err $n" >&2; done; ${gate.wait}; echo "out 4"; echo "err 4" >&2`;
  const runs = await Promise.all(
    Array.from({ length: RUNS }, () => site.begin({ target: { All: null }, ...script(text) })),
  );

  await ledger.until(
    ({ acknowledgedOutput }) => new Set(acknowledgedOutput.map((c) => c.executionId)).size >= SLOTS / 2,
  );
  await site.stopController('SIGKILL');
  gate.letThrough(100); // as many end, and as many of those that wait begin, with nobody there
  await site.startController();
  await ledger.until(({ acknowledgedEnds }) => acknowledgedEnds.size >= 50);
  await site.stopController('SIGKILL');
  const acknowledged = [...ledger.acknowledgedOutput];
  gate.letThrough(EXECUTIONS - 100);
  await site.startController();

  const details = await Promise.all(runs.map((run) => site.untilEnded(run)));
  const perNode = details.flatMap((detail) => detail.per_node);
  expect(perNode).toHaveLength(EXECUTIONS);
  expect(perNode.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);

  expect([...ledger.starts.values()]).toEqual(Array(EXECUTIONS).fill(1));
  expect(marks(marked)).toEqual(Array(EXECUTIONS).fill('started\n'));

  const events = (await Promise.all(runs.map(eventsOf))).flat();
  const results = events.flatMap((event) => (event.event === 'command_result' ? [event.data.command_id] : []));
  expect(results).toHaveLength(EXECUTIONS);
  expect(new Set(results).size).toBe(EXECUTIONS);

  const progress = Map.groupBy(
    events.flatMap((event) => (event.event === 'command_progress' ? [event.data] : [])),
    ({ command_id }) => command_id.replace('c-', ''),
  );
  const stored = [...progress.values()].map((chunks) => [outputOf(chunks, 'stdout'), outputOf(chunks, 'stderr')]);
  expect(stored).toEqual(Array(EXECUTIONS).fill(['out 1\nout 2\nout 3\nout 4\n', 'err 1\nerr 2\nerr 3\nerr 4\n']));
  const lost = acknowledged.filter(({ executionId, stream, offset, data }) => {
    const text = outputOf(progress.get(executionId) ?? [], stream === 1 ? 'stdout' : 'stderr');
    return text.slice(offset, offset + data.length) !== data.toString();
  });
  expect(lost).toEqual([]);
  gate.close();
}, 240_000);

test('a controller that is away for a while finds its nodes and their results when it is back', async () => {
  const away = mkdtempSync(join(place, 'away-'));
  const runId = await site.begin({
    target: { All: null },
    ...script(`sleep 1; echo survived; echo done >> ${away}/${mark}`),
  });
  await site.stopController();
  await until('all ended without it', () => readdirSync(away).length === NODES);
  await site.startController();
  const detail = await site.untilEnded(runId);
  expect(detail.per_node.map((node) => [node.outcome, node.stdout_tail])).toEqual(
    Array.from({ length: NODES }, () => ['ok', 'survived\n']),
  );
  expect(marks(away)).toEqual(Array(NODES).fill('done\n'));
});
