import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation, script, until } from '#test/support/installation.ts';

let site: Installation;

beforeAll(async () => {
  site = await Installation.start({ nodes: 3 });
});

afterAll(() => site.close());

test('SIGKILL of PostgreSQL: errors are errors, and the run ends as if nothing had been', async () => {
  const place = join(tmpdir(), `database-${randomUUID()}`);
  const runId = await site.begin({
    target: { All: null },
    ...script(
      `mkdir -p ${place}; touch ${place}/$GARRISON_EXECUTION_ID; for n in $(seq 20); do echo $n; sleep 0.1; done`,
    ),
  });
  await until('all run', () => countFiles(place) === 3);
  process.kill(postmasterPid(), 'SIGKILL');
  const statuses = new Set<number>();
  await until('the database answers again', async () => {
    const { status } = await site.admin('GET', '/api/v1/nodes');
    statuses.add(status);
    return status === 200;
  });
  expect([...statuses].filter((status) => status !== 200 && status !== 503)).toEqual([]);
  const detail = await site.untilEnded(runId);
  const expected = `${Array.from({ length: 20 }, (_, index) => index + 1).join('\n')}\n`;
  expect(detail.per_node.map((node) => [node.outcome, node.stdout_tail])).toEqual(
    Array.from({ length: 3 }, () => ['ok', expected]),
  );
  expect(countFiles(place)).toBe(3);
  rmSync(place, { recursive: true });
});

function countFiles(place: string): number {
  try {
    return readdirSync(place).length;
  } catch {
    return 0;
  }
}

function postmasterPid(): number {
  return Number(readFileSync(join(site.dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
}
