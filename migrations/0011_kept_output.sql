-- How much output is kept of each tenant, by the day on which its runs began (UTC): counted as it is stored, taken off as it is
-- dropped. What is stored before this migration counts for nothing and goes with its day.
create table kept_output (
  tenant_id uuid not null references tenants on delete cascade,
  day date not null,
  bytes bigint not null,
  primary key (tenant_id, day)
) with (fillfactor = 50);
