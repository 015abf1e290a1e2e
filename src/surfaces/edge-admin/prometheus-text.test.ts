import { expect, test } from 'vitest';
import type { HostMetrics } from '#core/metrics/node-metrics.ts';
import { METRICS } from '#test/support/node-metrics.ts';
import { writeAgentText, writeHostText } from './prometheus-text.ts';

const node = { nodeId: crypto.randomUUID() as never, clusterName: 'edge', newest: null };
const receivedAt = new Date('2026-01-01T00:00:00.500Z');

function hostText(figures: HostMetrics): string {
  return writeHostText({ node, figures, receivedAt });
}

test.each([
  'node_load1 1.2',
  'node_memory_MemAvailable_bytes 2147483648',
  'node_filesystem_size_bytes{device="/dev/sdb1",fstype="xfs",mountpoint="/data"} 1099511627776',
  'node_network_receive_errs_total{device="eth0"} 1',
  'garrison_node_cpu_usage_ratio 0.255',
  'garrison_node_core_usage_ratio{cpu="3"} 0.42',
  'garrison_node_report_timestamp_seconds 1767225600.5',
])('a host has %s', (line) => {
  expect(hostText(METRICS.host).split('\n')).toContain(line);
});

test('counters say that they are', () => {
  expect(hostText(METRICS.host)).toContain('# TYPE node_network_receive_bytes_total counter\n');
  const agent = writeAgentText({ node, figures: METRICS.daemon, receivedAt });
  expect(agent).toContain(
    '# TYPE garrison_daemon_executions_ended_total counter\ngarrison_daemon_executions_ended_total 5\n',
  );
});

test('what a host does not measure is left out, its name too', () => {
  const text = hostText({ ...METRICS.host, swap: null, load1m: null, disks: [], cpuUsagePercent: null });
  for (const name of ['Swap', 'node_load1 ', 'filesystem', 'cpu_usage', 'null']) expect(text).not.toContain(name);
});

test('names that a host makes up cannot begin a line or end their quotes, and are there once', () => {
  const [disk] = METRICS.host.disks;
  const hostile = { ...(disk as (typeof METRICS.host.disks)[0]), mount: '/a"} 1\nnode_load1 99\n\\' };
  const text = hostText({ ...METRICS.host, disks: [hostile, hostile] });
  expect(text.match(/^node_load1 /gm)).toHaveLength(1);
  expect(text.match(/^node_filesystem_size_bytes/gm)).toHaveLength(1);
  expect(text).toContain('mountpoint="/a\\"} 1\\nnode_load1 99\\n\\\\"}');
});
