import { useQuery } from '@tanstack/react-query';
import { Facts } from '../../parts/facts.tsx';
import { Meter } from '../../parts/meter.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Loaded } from '../../parts/states.tsx';
import { formatBytes, formatDuration } from '../../words/format.ts';
import { nodeWords } from '../../words/nodes.ts';
import styles from './node-metrics.module.css';
import { nodeMetricsQuery } from './queries.ts';

/** How the machine is now. */
export function NodeMetrics({ id }: { readonly id: string }) {
  const query = useQuery(nodeMetricsQuery(id));
  return (
    <Panel title={nodeWords.node.metrics}>
      <Loaded query={query} rows={4}>
        {({ host, agent, timestamp }) =>
          timestamp === null || host.available !== true ? (
            <p className={styles.none}>{nodeWords.node.metricsNone}</p>
          ) : (
            <>
              <div className={styles.meters}>
                <Meter label={nodeWords.node.cpu} share={share(host.cpu?.usage_percent)} />
                <Meter
                  label={nodeWords.node.memory}
                  share={share(host.memory?.usage_percent)}
                  detail={amount(host.memory)}
                />
                <Meter label={nodeWords.node.disk} share={share(host.disk?.usage_percent)} detail={amount(host.disk)} />
              </div>
              <Facts
                facts={[
                  [nodeWords.node.load, [host.cpu?.load_1m, host.cpu?.load_5m, host.cpu?.load_15m].join(' ')],
                  [
                    nodeWords.node.uptime,
                    host.uptime?.seconds == null ? undefined : formatDuration(host.uptime.seconds * 1_000),
                  ],
                  [
                    nodeWords.node.agentMemory,
                    agent.application?.memory_total_bytes == null
                      ? undefined
                      : formatBytes(agent.application.memory_total_bytes),
                  ],
                  [nodeWords.node.metricsAt, <Moment key="at" at={timestamp} />],
                ]}
              />
            </>
          )
        }
      </Loaded>
    </Panel>
  );
}

interface Capacity {
  readonly used_bytes?: number | null | undefined;
  readonly total_bytes?: number | null | undefined;
}

function amount(capacity: Capacity | null | undefined): string | undefined {
  const { used_bytes: used, total_bytes: total } = capacity ?? {};
  return used == null || total == null ? undefined : nodeWords.node.ofTotal(formatBytes(used), formatBytes(total));
}

function share(percent: number | null | undefined): number | undefined {
  return percent == null ? undefined : percent / 100;
}
