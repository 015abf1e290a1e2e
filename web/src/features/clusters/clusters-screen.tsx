import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { Action } from '../../parts/action.tsx';
import { Field, FieldRow } from '../../parts/field.tsx';
import { FormDialog, numberOf, textOf } from '../../parts/form-dialog.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Page } from '../../parts/page.tsx';
import { PagedTable } from '../../parts/paged-table.tsx';
import { Empty } from '../../parts/states.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { fleetWords } from '../../words/fleet.ts';
import { formatNumber } from '../../words/format.ts';
import { type Cluster, clustersQuery } from './queries.ts';

const { columns: titles } = fleetWords.clusters;

const COLUMNS: readonly TableColumn<Cluster>[] = [
  {
    name: 'name',
    title: titles.name,
    cell: ({ name }) => (
      <Link to="/clusters/$cluster" params={{ cluster: name }}>
        {name}
      </Link>
    ),
  },
  { name: 'nodes', title: titles.nodes, isNumber: true, cell: ({ node_count: count }) => formatNumber(count) },
  {
    name: 'limit',
    title: titles.limit,
    isNumber: true,
    cell: ({ node_limit: limit }) => (limit === null ? fleetWords.clusters.noLimit : formatNumber(limit)),
  },
  { name: 'range', title: titles.range, cell: ({ ipv4_range: range }) => <code>{range}</code> },
  { name: 'domain', title: titles.domain, isFlexible: true, cell: ({ vpn_domain: domain }) => <code>{domain}</code> },
  { name: 'created', title: titles.created, cell: ({ inserted_at: at }) => <Moment at={at} /> },
];

export function ClustersScreen() {
  const query = useInfiniteQuery(clustersQuery);
  const [isCreating, setIsCreating] = useState(false);
  return (
    <Page
      title={fleetWords.clusters.title}
      actions={
        <Action scope="edge-admin.write" look="primary" act={() => setIsCreating(true)}>
          <Plus size={15} aria-hidden />
          {fleetWords.clusters.create}
        </Action>
      }
    >
      <PagedTable
        label={fleetWords.clusters.title}
        query={query}
        rowsOf={({ data }) => data}
        columns={COLUMNS}
        keyOf={({ id }) => id}
        empty={<Empty title={fleetWords.clusters.none} hint={fleetWords.clusters.noneHint} />}
      />
      {isCreating && <CreateCluster close={() => setIsCreating(false)} />}
    </Page>
  );
}

function CreateCluster({ close }: { readonly close: () => void }) {
  const create = (form: FormData) =>
    call('POST /api/v1/clusters', {
      body: {
        name: textOf(form, 'name') ?? '',
        ipv4_range: textOf(form, 'range') ?? '',
        node_limit: numberOf(form, 'limit') ?? null,
      },
    });
  return (
    <FormDialog
      title={fleetWords.clusters.create}
      submit={fleetWords.clusters.create}
      close={close}
      act={create}
      changes={['clusters']}
    >
      <Field label={titles.name}>
        {(ids) => <input {...ids} name="name" required autoComplete="off" spellCheck={false} />}
      </Field>
      <FieldRow>
        <Field label={fleetWords.clusters.range} hint={fleetWords.clusters.rangeHint}>
          {(ids) => (
            <input {...ids} name="range" required placeholder="100.64.0.0/16" autoComplete="off" spellCheck={false} />
          )}
        </Field>
        <Field label={fleetWords.clusters.limit} hint={fleetWords.clusters.limitHint}>
          {(ids) => <input {...ids} name="limit" type="number" min={1} />}
        </Field>
      </FieldRow>
    </FormDialog>
  );
}
