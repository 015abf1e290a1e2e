-- Events are delivered in the order of their transactions: by the id of the transaction that wrote them and their position in
-- it, and only those of transactions that nobody older can still come before (`txid < pg_snapshot_xmin`). Numbers that are taken
-- while a row is written are not enough: they commit in another order. Events of before have neither and are not delivered.
create sequence event_positions;
alter table events add column txid xid8, add column position bigint, add column sequence bigint;
alter table events alter column txid set default pg_current_xact_id(), alter column position set default nextval('event_positions');
drop index events_unrelayed;
alter table events drop column relayed_at;
drop index events_tenant;
create index events_order on events (txid, position);
create index events_tenant_order on events (tenant_id, txid, position);

-- A UUIDv7, for rows that statements make by themselves.
create function new_id() returns uuid language sql volatile set search_path = pg_catalog, pg_temp as $$
  select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid
$$;

-- How many events there were of each subject. Whoever writes one holds the row, so numbers of one subject rise as they commit.
create table event_subjects (
  tenant_id uuid not null,
  subject text not null,
  sequence bigint not null,
  written_at timestamptz not null default now(),
  primary key (tenant_id, subject)
);

-- How far each destination has come. One controller at a time works on it: whoever has the lease, known by its epoch.
create table event_cursors (
  id uuid primary key,
  kind text not null check (kind in ('webhook', 'broker')),
  -- Whose events, and which: null is all.
  tenant_id uuid references tenants (id) on delete cascade,
  types text[],
  is_paused boolean not null default false,
  txid xid8 not null,
  position bigint not null,
  due_at timestamptz not null default now(),
  lease_until timestamptz,
  controller_id uuid,
  epoch bigint not null default 0,
  -- Consecutive failures of the destination itself; with some of them it rests until due_at.
  failures integer not null default 0,
  failing_since timestamptz
);
create index event_cursors_due on event_cursors (due_at);

-- What could not be delivered yet, and what has to wait behind it in its lane: one for each subject, and one of its own for what is
-- sent again because somebody asked.
create table parked_events (
  cursor_id uuid not null references event_cursors (id) on delete cascade,
  lane text not null,
  txid xid8 not null,
  position bigint not null,
  event_id uuid not null,
  attempts integer not null default 0,
  -- Of the first one of its lane: when it is tried again.
  next_at timestamptz not null,
  primary key (cursor_id, event_id)
);
create index parked_events_lane on parked_events (cursor_id, lane, txid, position);

create table webhooks (
  id uuid primary key references event_cursors (id) on delete cascade,
  tenant_id uuid not null references tenants (id) on delete cascade,
  url text not null,
  -- Made with the contract of Edge Admin, which has fifteen types, or with all there are.
  is_native boolean not null default false,
  sealed_secret bytea not null,
  sealed_previous_secret bytea,
  previous_secret_until timestamptz,
  sealed_headers bytea,
  paused_at timestamptz,
  pause_reason text,
  inserted_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index webhooks_tenant on webhooks (tenant_id, inserted_at desc, id);

-- Every attempt, by day.
create table webhook_deliveries (
  id uuid not null,
  tenant_id uuid not null,
  webhook_id uuid not null,
  event_id uuid not null,
  event_type text not null,
  subject text not null,
  attempt integer not null,
  outcome text not null,
  word text not null,
  status integer,
  duration_ms integer,
  next_at timestamptz,
  answer text,
  created_at timestamptz not null default now(),
  primary key (id)
) partition by range (id);
create index webhook_deliveries_webhook on webhook_deliveries (webhook_id, id desc);
create index webhook_deliveries_event on webhook_deliveries (webhook_id, event_id);
create table webhook_deliveries_default partition of webhook_deliveries default;

create or replace function day_partition(parent text, day text) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if parent not in ('events', 'output_chunks', 'webhook_deliveries') or day !~ '^[0-9]{8}$' then
    raise exception 'there is no day % of a table %', day, parent using errcode = 'invalid_parameter_value';
  end if;
  return parent || '_' || day;
end $$;

create or replace function make_day(parent text, day text, first_id uuid, end_id uuid) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  partition text := day_partition(parent, day);
  key text := case parent when 'output_chunks' then 'run_id' else 'id' end;
  is_taken boolean;
begin
  execute format('select exists (select from %I where %I >= $1 and %2$I < $2)', parent || '_default', key)
    into is_taken using first_id, end_id;
  if is_taken then return; end if;
  execute format('create table %I (like %I including all)', partition, parent);
  execute format('alter table %I attach partition %I for values from (%L) to (%L)', parent, partition, first_id, end_id);
end $$;
