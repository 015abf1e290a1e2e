import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { Moment } from '../../parts/moment.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Loaded } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { formatBytes, formatNumber } from '../../words/format.ts';
import { nodeWords } from '../../words/nodes.ts';
import { samplesOf } from './history-samples.ts';
import styles from './node-metrics.module.css';
import { type NodeHistory as History, nodeHistoryQuery } from './queries.ts';
import { RANGES } from './routes.ts';

const Chart = lazy(async () => ({ default: (await import('../../parts/chart.tsx')).Chart }));

const { history: said } = nodeWords;
const percent = (value: number) => `${formatNumber(Math.round(value * 10) / 10)}%`;
const plain = (value: number) => formatNumber(Math.round(value * 100) / 100);
const rate = (value: number) => said.perSecond(formatBytes(value));

const LINES = {
  cpu_percent: { name: nodeWords.node.cpu, colour: '--accent', write: percent },
  memory_percent: { name: nodeWords.node.memory, colour: '--good', write: percent },
  disk_percent: { name: nodeWords.node.disk, colour: '--warn', write: percent },
  load_1m: { name: nodeWords.node.load, colour: '--accent', write: plain },
  received_bytes_per_second: { name: said.received, colour: '--accent', write: rate },
  sent_bytes_per_second: { name: said.sent, colour: '--good', write: rate },
} as const;
type Line = keyof typeof LINES;

interface ChartOf {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly most?: number;
}

const CHARTS: readonly ChartOf[] = [
  { title: said.shares, lines: ['cpu_percent', 'memory_percent', 'disk_percent'], most: 100 },
  { title: said.load, lines: ['load_1m'] },
  { title: said.network, lines: ['received_bytes_per_second', 'sent_bytes_per_second'] },
];
const ALL_LINES = CHARTS.flatMap(({ lines }) => lines);

/** How the machine was: as lines, and the same as a table. */
export function NodeHistory({ id }: { readonly id: string }) {
  const { range = '1h' } = useSearch({ from: '/nodes/$node' });
  const query = useQuery(nodeHistoryQuery(id, range));
  return (
    <Panel title={said.title} actions={<RangeChoice chosen={range} />}>
      <Loaded query={query} rows={4}>
        {(history) =>
          history.items.length === 0 ? (
            <p className={styles.none}>{said.none}</p>
          ) : (
            <>
              {CHARTS.map((chart) => (
                <HistoryChart key={`${range} ${chart.title}`} history={history} chart={chart} />
              ))}
              <details>
                <summary>{said.asTable}</summary>
                <HistoryTable history={history} />
              </details>
            </>
          )
        }
      </Loaded>
    </Panel>
  );
}

function RangeChoice({ chosen }: { readonly chosen: (typeof RANGES)[number] }) {
  const navigate = useNavigate({ from: '/nodes/$node' });
  return (
    <select
      aria-label={said.range}
      value={chosen}
      onChange={({ target }) => {
        const range = RANGES.find((one) => one === target.value);
        void navigate({ search: (before) => ({ ...before, range }), replace: true });
      }}
    >
      {RANGES.map((range) => (
        <option key={range} value={range}>
          {said.ranges[range]}
        </option>
      ))}
    </select>
  );
}

function HistoryChart({ history, chart }: { readonly history: History; readonly chart: ChartOf }) {
  const { title, lines, most } = chart;
  return (
    <figure className={styles.figure}>
      <figcaption>{title}</figcaption>
      <Suspense fallback={<div className={styles.chart} />}>
        <Chart
          label={title}
          series={lines.map((line) => LINES[line])}
          samples={samplesOf(history, lines)}
          {...(most !== undefined && { most })}
        />
      </Suspense>
    </figure>
  );
}

/** The newest first: that is what somebody looks for. */
function HistoryTable({ history }: { readonly history: History }) {
  return (
    <Table
      label={said.title}
      rows={history.items.toReversed()}
      keyOf={({ at }) => at}
      columns={[
        { name: 'at', title: said.at, cell: ({ at }) => <Moment at={at} as="full" /> },
        ...ALL_LINES.map((line) => ({
          name: line,
          title: LINES[line].name,
          isNumber: true,
          cell: (row: History['items'][number]) => {
            const value = row[line];
            return value === null ? '–' : LINES[line].write(value);
          },
        })),
      ]}
    />
  );
}
