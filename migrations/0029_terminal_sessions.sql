-- Shells and commands that somebody is, or was, connected to. `attachment` counts the connections of one session: what a
-- former one writes has no effect. While nobody is connected `detached_at` says since when. `recorded_bytes` of the output are in
-- artifacts whose owner is the session.
create table terminal_sessions (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  node_id uuid not null,
  node_name text not null,
  subject text not null,
  caller text not null,
  address text,
  door text not null check (door in ('command_line', 'console')),
  program text,
  wanted_user text,
  run_as text,
  width integer,
  height integer,
  term text,
  controller_id uuid not null,
  attachment integer not null default 1,
  started_at timestamptz not null,
  detached_at timestamptz,
  ended_at timestamptz,
  end_reason text,
  ended_by text,
  exit_code integer,
  is_recorded boolean not null,
  recorded_bytes bigint not null default 0,
  recording_problem text
);
create index terminal_sessions_tenant on terminal_sessions (tenant_id, started_at desc, id desc);
create index terminal_sessions_open on terminal_sessions (started_at) where ended_at is null;
