-- The metrics of nodes over time: an hour by slots of fifteen seconds, a week by slots of ten minutes.

-- Unlogged, like the newest reports: a crash of the server costs at most this hour.
create unlogged table node_metrics_recent (
  node_id uuid not null,
  -- the beginning of the slot
  at timestamptz not null,
  cpu_percent real,
  memory_percent real,
  disk_percent real,
  load_1m real,
  -- counters of all interfaces, since the host started
  received_bytes double precision,
  sent_bytes double precision,
  primary key (node_id, at)
);
create index node_metrics_recent_at on node_metrics_recent (at);

-- Means of the slot; the counters as they were at its end. By day.
create table node_metrics_history (
  node_id uuid not null,
  at timestamptz not null,
  cpu_percent real,
  memory_percent real,
  disk_percent real,
  load_1m real,
  received_bytes double precision,
  sent_bytes double precision,
  primary key (node_id, at)
) partition by range (at);
create index node_metrics_history_at on node_metrics_history using brin (at);
create table node_metrics_history_default partition of node_metrics_history default;

create or replace function day_partition(parent text, day text) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if parent not in ('events', 'output_chunks', 'webhook_deliveries', 'node_metrics_history') or day !~ '^[0-9]{8}$' then
    raise exception 'there is no day % of a table %', day, parent using errcode = 'invalid_parameter_value';
  end if;
  return parent || '_' || day;
end $$;

create or replace function make_day(parent text, day text, first_id uuid, end_id uuid) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  partition text := day_partition(parent, day);
  key text := case parent when 'output_chunks' then 'run_id' when 'node_metrics_history' then 'at' else 'id' end;
  kind text := case parent when 'node_metrics_history' then 'timestamptz' else 'uuid' end;
  first_value text := case key when 'at' then day || ' 00:00:00Z' else first_id::text end;
  end_value text := case key when 'at' then (day::date + 1)::text || ' 00:00:00Z' else end_id::text end;
  is_taken boolean;
begin
  execute format('select exists (select from %I where %I >= $1::%s and %2$I < $2::%3$s)', parent || '_default', key, kind)
    into is_taken using first_value, end_value;
  if is_taken then return; end if;
  execute format('create table %I (like %I including all)', partition, parent);
  execute format('alter table %I attach partition %I for values from (%L) to (%L)', parent, partition, first_value, end_value);
end $$;
