import { useQuery } from '@tanstack/react-query';
import { Facts } from '../../parts/facts.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Page } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { Status, type Tone } from '../../parts/status.tsx';
import { Table, type TableColumn } from '../../parts/table.tsx';
import { accessWords } from '../../words/access.ts';
import { formatBytes, formatDuration, formatNumber } from '../../words/format.ts';
import { type Controller, capacityQuery, controllersQuery, figuresQuery } from './queries.ts';

const words = accessWords.controllers;

const TONES: Readonly<Record<Controller['status'], Tone>> = { online: 'good', offline: 'bad', disconnected: 'calm' };

const COLUMNS: readonly TableColumn<Controller>[] = [
  { name: 'name', title: words.columns.name, isFlexible: true, cell: ({ name }) => name },
  {
    name: 'status',
    title: words.columns.status,
    cell: ({ status }) => <Status tone={TONES[status]}>{words.status[status]}</Status>,
  },
  { name: 'lease', title: words.columns.lease, cell: ({ last_checked_in: at }) => <Moment at={at} /> },
];

export function ControllersScreen() {
  const controllers = useQuery(controllersQuery);
  return (
    <Page title={words.title}>
      <Loaded query={controllers}>
        {({ data }) => {
          const rows = data.flatMap(({ admins }) => admins);
          if (rows.length === 0) return <Empty title={words.none} />;
          return <Table label={words.title} columns={COLUMNS} rows={rows} keyOf={({ name }) => name} />;
        }}
      </Loaded>
      <Panel title={words.capacity}>
        <Capacity />
      </Panel>
      <Panel title={words.figures}>
        <Figures />
      </Panel>
    </Page>
  );
}

function Capacity() {
  const query = useQuery(capacityQuery);
  return (
    <Loaded query={query} rows={1}>
      {({ data }) => (
        <Facts
          facts={[
            [words.nodes, formatNumber(data.total_nodes)],
            [words.columns.nodes, formatNumber(data.total_edge_capacity)],
            [words.leader, data.weak_leader],
            [
              words.columns.status,
              data.degraded && (
                <Status key="degraded" tone="warn">
                  {words.degraded}
                </Status>
              ),
            ],
          ]}
        />
      )}
    </Loaded>
  );
}

function Figures() {
  const query = useQuery(figuresQuery);
  return (
    <Loaded query={query} rows={2}>
      {({ data: { application, commands, database, event_broker: broker, event_streams, queues, sessions } }) => (
        <Facts
          facts={[
            [words.uptime, application.uptime_seconds !== null && formatDuration(application.uptime_seconds * 1_000)],
            [words.memory, application.memory_total_bytes !== null && formatBytes(application.memory_total_bytes)],
            [words.sessions, formatNumber(sessions.open)],
            [words.streams, formatNumber(event_streams.open)],
            [words.waiting, formatNumber(queues.reduce((sum, { waiting }) => sum + waiting, 0))],
            [words.database, formatNumber(Object.values(database.connections).reduce((sum, one) => sum + one, 0))],
            [words.delivered, formatNumber(commands.execution_delivered_total)],
            [words.completed, formatNumber(commands.execution_completed_total)],
            [words.broker, brokerOf(broker)],
          ]}
        />
      )}
    </Loaded>
  );
}

function brokerOf({ enabled, connected, trouble }: { enabled: boolean; connected: boolean; trouble: string | null }) {
  if (!enabled) return words.brokerOff;
  return connected ? words.brokerOn : (trouble ?? words.brokerAway);
}
