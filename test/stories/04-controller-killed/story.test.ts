import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation, script, until } from '#test/support/installation.ts';

const NODES = 10;
const RUNS = 30;

let site: Installation;

beforeAll(async () => {
  site = await Installation.start({ nodes: NODES });
});

afterAll(() => site.close());

test('SIGKILL in the middle of 300 executions: one outcome each, each started once, no acknowledged output lost', async () => {
  const place = join(tmpdir(), `fan-out-${randomUUID()}`);
  // The marker is appended to, so that a second start would show.
  const text = `mkdir -p ${place}; for n in 1 2 3 4 5; do echo "line $n"; sleep 0.05; done; echo started >> ${place}/$GARRISON_EXECUTION_ID; echo end`;
  const runs = await Promise.all(
    Array.from({ length: RUNS }, () => site.begin({ target: { All: null }, ...script(text) })),
  );
  await until('some have run', () => existsSync(place) && readdirSync(place).length > 20);
  await site.stopController('SIGKILL');
  await site.startController();
  const details = await Promise.all(runs.map((run) => site.untilEnded(run)));
  const perNode = details.flatMap((detail) => detail.per_node);
  expect(perNode).toHaveLength(NODES * RUNS);
  expect(perNode.filter((node) => node.outcome !== 'ok')).toEqual([]);
  expect(new Set(perNode.map((node) => node.stdout_tail))).toEqual(
    new Set(['line 1\nline 2\nline 3\nline 4\nline 5\nend\n']),
  );
  expect(readdirSync(place)).toHaveLength(NODES * RUNS);
  rmSync(place, { recursive: true });
});

test('a controller that is away for a while finds its nodes and their results when it is back', async () => {
  const place = join(tmpdir(), `away-${randomUUID()}`);
  const runId = await site.begin({
    target: { All: null },
    ...script(`sleep 1; echo survived; touch ${place}-$GARRISON_EXECUTION_ID`),
  });
  await site.stopController();
  await until(
    'all ended without it',
    () => readdirSync(tmpdir()).filter((name) => name.startsWith(place.slice(tmpdir().length + 1))).length === NODES,
  );
  await site.startController();
  const detail = await site.untilEnded(runId);
  expect(detail.per_node.map((node) => [node.outcome, node.stdout_tail])).toEqual(
    Array.from({ length: NODES }, () => ['ok', 'survived\n']),
  );
  for (const name of readdirSync(tmpdir()))
    if (name.startsWith(place.slice(tmpdir().length + 1))) rmSync(join(tmpdir(), name));
});
