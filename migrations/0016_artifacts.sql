-- Files that executions, dispatches and others have left behind. The bytes are in the artifact store, under their owner and their SHA-256;
-- `kept_by` is the controller on whose disk they are, null where every controller reaches them. A row is written before the bytes come (`stored_at` is null until they are all there), so that no bytes are without one.
create table artifacts (
  id uuid primary key,
  tenant_id uuid not null,
  owner_kind text not null,
  owner_id text not null,
  name text not null,
  media_type text not null,
  sha256 bytea,
  size_bytes bigint not null default 0,
  created_at timestamptz not null,
  stored_at timestamptz,
  replaced_at timestamptz,
  expires_at timestamptz not null,
  kept_by uuid
);
create index artifacts_owner on artifacts (tenant_id, owner_kind, owner_id, name);
create index artifacts_expiry on artifacts (expires_at);
