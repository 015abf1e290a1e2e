import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createTelemetry } from '#adapters/telemetry/prometheus.ts';
import { METRICS } from '#core/kernel/telemetry.ts';
import { parse } from '#runtime/yaml.ts';

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const NAMES = Object.keys(METRICS);
const OWN_METRICS = [
  'src/controller/parts/own-metrics.ts',
  'src/controller/parts/doors.ts',
  'src/controller/parts/telemetry.ts',
  'src/controller/parts/broker.ts',
  'src/controller/parts/events.ts',
  'src/core/events/broker-destination.ts',
  'src/core/webhooks/webhook-destinations.ts',
];

/** Names of metrics in a text, without the endings that Prometheus gives to the parts of a histogram. */
function metricsIn(text: string): string[] {
  const names = text.match(/\bgarrison_[a-z_]+/g) ?? [];
  return [...new Set(names.map((name) => name.replace(/_(bucket|count|sum)$/, '')))];
}

const CALLS = { gauge: 'gauge', counter: 'count', histogram: 'observe' } as const;

test('every metric is measured somewhere, and told on the page', () => {
  const measured = OWN_METRICS.map(read).join('\n');
  const calls = new Set(
    [...measured.matchAll(/\.(gauge|count|observe)\(\s*'(\w+)'/g)].map(([, how, name]) => `${how} ${name}`),
  );
  const wanted = Object.entries(METRICS).map(([name, { kind }]) => `${CALLS[kind]} ${name}`);
  expect(wanted.filter((call) => !calls.has(call))).toEqual([]);
  expect(metricsIn(read('docs/operations/monitoring.md')).sort()).toEqual(NAMES.toSorted());
});

test('alert rules and dashboard ask for metrics there are', () => {
  for (const file of ['deploy/prometheus/alerts.yaml', 'deploy/grafana/garrison.json'])
    expect([file, metricsIn(read(file)).filter((name) => !NAMES.includes(name))]).toEqual([file, []]);
});

test('the dashboard of nodes and its page ask for what nodes tell', () => {
  const told = metricsIn(read('src/surfaces/edge-admin/prometheus-text.ts'));
  for (const file of ['deploy/grafana/garrison-nodes.json', 'docs/operations/node-metrics.md'])
    expect([file, metricsIn(read(file)).filter((name) => !told.includes(name))]).toEqual([file, []]);
});

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly annotations: { readonly summary: string; readonly description: string };
}

test('every alert says what has happened and what it means', () => {
  const { groups } = parse(read('deploy/prometheus/alerts.yaml')) as { groups: { rules: Rule[] }[] };
  const rules = groups.flatMap((group) => group.rules);
  expect(rules.length).toBeGreaterThan(10);
  expect(new Set(rules.map((rule) => rule.alert)).size).toBe(rules.length);
  for (const rule of rules) {
    expect(rule.for).toMatch(/^\d+[mh]$/);
    expect(rule.annotations.summary).toMatch(/^[A-Z][^.]+$/);
    expect(rule.annotations.description).toMatch(/\.$/);
    expect(rule.expr.split('(').length).toBe(rule.expr.split(')').length);
  }
});

/** The rules of `promtool check metrics` that a name or a text can break. */
test('names and texts are as promtool wants them', async () => {
  const { text } = await createTelemetry(METRICS).collect();
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]));
  const helped = new Set([...text.matchAll(/^# HELP (\S+) \S/gm)].map(([, name]) => name));
  expect(types.size).toBeGreaterThan(NAMES.length);
  for (const [name, type] of types) {
    expect([name, helped.has(name)]).toEqual([name, true]);
    expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
    expect([name, type, name.endsWith('_total')]).toEqual([name, type, type === 'counter']);
    if (type !== 'histogram' && type !== 'summary') expect(name).not.toMatch(/_(count|sum|bucket)$/);
    expect(name).not.toMatch(/(milliseconds|_ms|kilobytes|megabytes|minutes|hours|days|percent)(_total)?$/);
    expect(name).not.toMatch(/_(gauge|counter|histogram|summary)(_|$)/);
  }
});
