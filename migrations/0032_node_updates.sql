-- What became of the last update of a node whose request has been deleted.
create table node_updates (
  node_id uuid primary key references nodes (id) on delete cascade,
  tenant_id uuid not null references tenants (id) on delete cascade,
  request_id uuid not null,
  execution_id uuid not null,
  version text,
  state text not null check (state in ('updated', 'failed')),
  code text,
  message text,
  ordered_at timestamptz not null,
  changed_at timestamptz not null
);
