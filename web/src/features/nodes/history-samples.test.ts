import { expect, test } from 'vitest';
import { samplesOf } from './history-samples.ts';

const point = (at: string, cpu: number | null) => ({
  at: `2026-03-10T08:${at}Z`,
  cpu_percent: cpu,
  memory_percent: 50,
  disk_percent: null,
  load_1m: null,
  received_bytes_per_second: null,
  sent_bytes_per_second: null,
});
const EIGHT = Date.parse('2026-03-10T08:00:00Z') / 1_000;

test('reports of every other slot are one line; a longer silence breaks it', () => {
  const items = [point('00:00', 10), point('00:30', 20), point('05:00', 30)];
  const history = { node_id: 'n', step_seconds: 15, since: '', until: '', items };
  expect(samplesOf(history, ['cpu_percent', 'memory_percent'])).toEqual([
    { at: EIGHT, values: [10, 50] },
    { at: EIGHT + 30, values: [20, 50] },
    { at: EIGHT + 45, values: [null, null] },
    { at: EIGHT + 300, values: [30, 50] },
  ]);
});

test('long slots that follow each other are one line', () => {
  const items = [point('00:00', 10), point('10:00', null)];
  const history = { node_id: 'n', step_seconds: 600, since: '', until: '', items };
  expect(samplesOf(history, ['cpu_percent'])).toEqual([
    { at: EIGHT, values: [10] },
    { at: EIGHT + 600, values: [null] },
  ]);
});
