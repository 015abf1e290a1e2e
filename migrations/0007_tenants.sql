-- What is between tenants. Overlays of tenants are apart: names and ranges of clusters are unique within a tenant only,
-- behind a lock on the tenant's row. Fails on no data: what was unique over all tenants is unique in each.

alter table clusters drop constraint clusters_name_key;
alter table clusters add constraint clusters_tenant_id_name_key unique (tenant_id, name);
drop index clusters_range;

-- Most a tenant may have, by kind (core/tenants/quotas.ts): what the master key has set for this tenant. What is not here
-- is the installation's.
alter table tenants add column quotas jsonb not null default '{}';

-- The installation's own bounds, as the controller that started last was configured.
create table quota_settings (
  kind text primary key,
  bound bigint not null check (bound >= 0)
);

-- For counting what is open: pending executions of a tenant are those of its open runs.
create index runs_open_tenant on runs (tenant_id) where state = 'running';

-- For counting nodes of a tenant; revoked ones take no room.
create index nodes_unrevoked_tenant on nodes (tenant_id) where revoked_at is null;
