-- Nodes that stand at the door with a certificate of ours that the database does not know: it was restored from a backup
-- that is older than they are. Nothing refers to other tables, because what they belong to may be missing too.

create table waiting_nodes (
  node_id uuid primary key,
  tenant_id uuid not null,
  certificate text not null,
  not_after timestamptz not null,
  hostname text not null,
  address text not null,
  first_seen_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now()
);
create index waiting_nodes_tenant on waiting_nodes (tenant_id, node_id);
