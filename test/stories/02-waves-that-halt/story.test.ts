import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation, script, until } from '#test/support/installation.ts';
import { processesWith } from '#test/support/process-table.ts';

let site: Installation;

beforeAll(async () => {
  site = await Installation.start({ nodes: 12 });
});

afterAll(() => site.close());

test('a bad release in waves of three halts in the wave that breaks, and its processes are gone', async () => {
  const mark = randomUUID();
  const place = join(tmpdir(), `release-${mark}`);
  // The first wave takes the release. In the second, the first host to lock fails once the two others are busy.
  const release = `
    number=$(mkdir ${place}-count 2>/dev/null; touch ${place}-count/$$; ls ${place}-count | wc -l)
    if [ "$number" -le 3 ]; then exit 0; fi
    if mkdir ${place}-bad 2>/dev/null; then
      while [ "$(ls ${place}-busy 2>/dev/null | wc -l)" -lt 2 ]; do sleep 0.05; done
      echo "does not start" >&2; exit 7
    fi
    mkdir -p ${place}-busy; touch ${place}-busy/$$
    sleep 300 & wait # ${mark}`;
  const events = await site.run({
    target: { All: null },
    ...script(release),
    policy: { mode: { Rolling: { batch: 3 } }, failure_policy: { StopAfter: 1 }, per_target_deadline_secs: 60 },
  });
  expect(events.at(-1)).toMatchObject({
    event: 'fleet_result',
    data: { summary: { ok: 3, err: 1, timed_out: 0, cancelled: 2, not_started: 6 } },
  });
  expect(events.at(-2)).toMatchObject({ event: 'error', data: { reason: 'Halted' } });
  expect(processesWith(mark)).toEqual([]);
  const last = events.at(-1);
  if (last?.event !== 'fleet_result') throw new Error('no result');
  expect((await site.fleet.run(last.data.fleet_command_id)).outcome).toBe('halted');
  for (const part of ['count', 'bad', 'busy']) rmSync(`${place}-${part}`, { recursive: true, force: true });
});

test('the controller is killed between waves and goes on at the host where it was', async () => {
  const place = join(tmpdir(), `waves-${randomUUID()}`);
  const runId = await site.begin({
    target: { All: null },
    ...script(`mkdir -p ${place}; echo once > ${place}/$$-$(date +%s%N); sleep 0.3`),
    policy: { mode: { Rolling: { batch: 3 } }, failure_policy: 'FailFast', per_target_deadline_secs: 60 },
  });
  await until('the first wave ran', () => existsSync(place) && readdirSync(place).length >= 3);
  await site.stopController('SIGKILL');
  await site.startController();
  const detail = await site.untilEnded(runId);
  expect(detail.outcome).toBe('complete');
  expect(detail.per_node.map((node) => node.outcome)).toEqual(Array.from({ length: 12 }, () => 'ok'));
  expect(readdirSync(place)).toHaveLength(12);
  rmSync(place, { recursive: true });
});
