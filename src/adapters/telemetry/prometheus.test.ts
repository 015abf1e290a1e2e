import { expect, test } from 'vitest';
import { METRICS } from '#core/kernel/telemetry.ts';
import { createTelemetry } from './prometheus.ts';

test('gauges are read when metrics are collected, one line for each label', async () => {
  const telemetry = createTelemetry(METRICS);
  let sessions = 1;
  telemetry.gauge('garrison_sessions_open', () => sessions);
  telemetry.gauge('garrison_executions', async () => ({ queued: 2, running: 3 }));
  sessions = 7;
  const { text, contentType } = await telemetry.collect();
  expect(contentType).toContain('text/plain');
  expect(text).toMatch(/^garrison_sessions_open 7$/m);
  expect(text).toMatch(/^garrison_executions\{state="queued"\} 2$/m);
  expect(text).toMatch(/^garrison_executions\{state="running"\} 3$/m);
});

test('a state nobody is in any more is not told again', async () => {
  const telemetry = createTelemetry(METRICS);
  let states: Record<string, number> = { queued: 1 };
  telemetry.gauge('garrison_executions', () => states);
  await telemetry.collect();
  states = {};
  expect((await telemetry.collect()).text).not.toContain('state="queued"');
});

test('several parts fill one gauge, and one that fails leaves the others in', async () => {
  const telemetry = createTelemetry(METRICS);
  telemetry.gauge('garrison_queue_depth', () => ({ audit: 4 }));
  telemetry.gauge('garrison_queue_depth', () => Promise.reject(new Error('away')));
  telemetry.gauge('garrison_queue_depth', () => ({ results: 5 }));
  const { text } = await telemetry.collect();
  expect(text).toContain('garrison_queue_depth{queue="audit"} 4');
  expect(text).toContain('garrison_queue_depth{queue="results"} 5');
});

test('counts add up and observations fall into buckets', async () => {
  const telemetry = createTelemetry(METRICS);
  telemetry.count('garrison_runs_total', { outcome: 'ok' });
  telemetry.count('garrison_runs_total', { outcome: 'ok' }, 2);
  telemetry.observe('garrison_batch_size', 7, { batch: 'results' });
  const { text } = await telemetry.collect();
  expect(text).toContain('garrison_runs_total{outcome="ok"} 3');
  expect(text).toContain('garrison_batch_size_bucket{le="5",batch="results"} 0');
  expect(text).toContain('garrison_batch_size_bucket{le="10",batch="results"} 1');
});

test('the process tells its memory and the lag of its event loop', async () => {
  const { text } = await createTelemetry(METRICS).collect();
  expect(text).toContain('nodejs_eventloop_lag_seconds');
  expect(text).toContain('process_resident_memory_bytes');
});
