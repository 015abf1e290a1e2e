import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { Action } from '../../parts/action.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Field } from '../../parts/field.tsx';
import { FormDialog, numberOf } from '../../parts/form-dialog.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Page } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { Status, type Tone } from '../../parts/status.tsx';
import { Table, type TableColumn } from '../../parts/table.tsx';
import { fleetWords } from '../../words/fleet.ts';
import { formatNumber } from '../../words/format.ts';
import { type Cluster, clusterQuery } from './queries.ts';
import { clusterRoute } from './routes.ts';

type Member = Cluster['nodes'][number];

const { columns: titles } = fleetWords.clusters;
const TONES: Readonly<Record<Member['status'], Tone>> = { healthy: 'good', unhealthy: 'warn', unreachable: 'calm' };

const COLUMNS: readonly TableColumn<Member>[] = [
  {
    name: 'name',
    title: titles.name,
    isFlexible: true,
    cell: ({ id, vpn_hostname: name }) => <a href={`/console/nodes/n-${id}`}>{name}</a>,
  },
  {
    name: 'status',
    title: fleetWords.outposts.columns.status,
    cell: ({ status }) => <Status tone={TONES[status]}>{fleetWords.clusters.status[status]}</Status>,
  },
];

export function ClusterScreen() {
  const { cluster: name } = useParams({ from: clusterRoute.id });
  const navigate = useNavigate();
  const query = useQuery(clusterQuery(name));
  const [open, setOpen] = useState<'limit' | 'removal'>();
  const close = () => setOpen(undefined);
  return (
    <Page
      title={name}
      actions={
        <>
          <Action scope="edge-admin.write" act={() => setOpen('limit')}>
            {fleetWords.clusters.change}
          </Action>
          <Action scope="edge-admin.write" look="danger" act={() => setOpen('removal')}>
            {fleetWords.clusters.remove}
          </Action>
        </>
      }
    >
      <Loaded query={query}>
        {({ data }) => (
          <>
            <Facts
              facts={[
                [titles.nodes, formatNumber(data.node_count)],
                [titles.limit, data.node_limit === null ? fleetWords.clusters.noLimit : formatNumber(data.node_limit)],
                [titles.range, <code key="range">{data.ipv4_range}</code>],
                [titles.domain, <code key="domain">{data.vpn_domain}</code>],
                [titles.created, <Moment key="made" at={data.inserted_at} />],
              ]}
            />
            <Panel title={fleetWords.clusters.nodes}>
              {data.nodes.length === 0 ? (
                <Empty title={fleetWords.clusters.noNodes} />
              ) : (
                <Table label={fleetWords.clusters.nodes} columns={COLUMNS} rows={data.nodes} keyOf={({ id }) => id} />
              )}
            </Panel>
            {open === 'limit' && <ChangeLimit name={name} limit={data.node_limit} close={close} />}
          </>
        )}
      </Loaded>
      {open === 'removal' && (
        <Confirm
          title={fleetWords.clusters.removeTitle(name)}
          consequence={fleetWords.clusters.removeHint}
          submit={fleetWords.clusters.remove}
          typed={name}
          close={close}
          act={async () => {
            await call('DELETE /api/v1/clusters/{name}', { path: { name } });
            await navigate({ to: '/clusters' });
          }}
          changes={['clusters']}
        />
      )}
    </Page>
  );
}

interface ChangeLimitProps {
  readonly name: string;
  readonly limit: number | null;
  readonly close: () => void;
}

function ChangeLimit({ name, limit, close }: ChangeLimitProps) {
  const change = (form: FormData) =>
    call('PATCH /api/v1/clusters/{name}', { path: { name }, body: { node_limit: numberOf(form, 'limit') ?? null } });
  return (
    <FormDialog
      title={fleetWords.clusters.change}
      submit={fleetWords.clusters.save}
      close={close}
      act={change}
      changes={['clusters']}
    >
      <Field label={fleetWords.clusters.limit} hint={fleetWords.clusters.limitHint}>
        {(ids) => <input {...ids} name="limit" type="number" min={1} defaultValue={limit ?? ''} />}
      </Field>
    </FormDialog>
  );
}
