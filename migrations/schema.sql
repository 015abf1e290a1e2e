-- The schema after all migrations. Written by: node src/adapters/postgres/write-schema.ts
set check_function_bodies = off;

create sequence event_positions;

create sequence feed_positions;

create sequence session_epochs;

CREATE OR REPLACE FUNCTION public.day_partition(parent text, day text)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if parent not in ('events', 'output_chunks', 'webhook_deliveries', 'node_metrics_history') or day !~ '^[0-9]{8}$' then
    raise exception 'there is no day % of a table %', day, parent using errcode = 'invalid_parameter_value';
  end if;
  return parent || '_' || day;
end $function$;

CREATE OR REPLACE FUNCTION public.dissolve_output_day(day text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  partition text := day_partition('output_chunks', day);
begin
  execute format('alter table output_chunks detach partition %I', partition);
  execute format('insert into output_chunks_default
    select chunk.* from %I as chunk join runs on runs.id = chunk.run_id', partition);
  execute format('drop table %I', partition);
end $function$;

CREATE OR REPLACE FUNCTION public.drop_day(parent text, day text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  execute format('drop table %I', day_partition(parent, day));
end $function$;

CREATE OR REPLACE FUNCTION public.make_day(parent text, day text, first_id uuid, end_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.new_id()
 RETURNS uuid
 LANGUAGE sql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid
$function$;

create table aliases (
  id uuid not null,
  tenant_id uuid not null,
  node_id uuid not null,
  cluster_id uuid not null,
  name text not null,
  inserted_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint aliases_cluster_id_name_key UNIQUE (cluster_id, name),
  constraint aliases_pkey PRIMARY KEY (id)
);

create table api_keys (
  id uuid not null,
  tenant_id uuid,
  kind text not null,
  name text not null,
  hash bytea not null,
  hint text not null,
  scopes text[] default '{}'::text[] not null,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  last_used_at timestamp with time zone,
  approval_policy jsonb,
  budget jsonb,
  person text,
  constraint api_keys_hash_key UNIQUE (hash),
  constraint api_keys_kind_check CHECK (kind = ANY (ARRAY['master'::text, 'api'::text, 'metrics'::text, 'arb'::text, 'otp'::text, 'scoped'::text])),
  constraint api_keys_pkey PRIMARY KEY (id)
);

create table approvals (
  id uuid not null,
  tenant_id uuid not null,
  kind text not null,
  about text not null,
  state text default 'waiting'::text not null,
  approver text not null,
  needs_reason boolean not null,
  summary jsonb not null,
  asked_by text not null,
  asker text not null,
  person text not null,
  asked_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  decided_at timestamp with time zone,
  decided_by text,
  decider text,
  reason text,
  constraint approvals_approver_check CHECK (approver = ANY (ARRAY['self'::text, 'other'::text])),
  constraint approvals_kind_check CHECK (kind = ANY (ARRAY['run'::text, 'dispatch'::text, 'budget'::text, 'tunnel'::text, 'workspace'::text])),
  constraint approvals_pkey PRIMARY KEY (id),
  constraint approvals_state_check CHECK (state = ANY (ARRAY['waiting'::text, 'approved'::text, 'denied'::text, 'expired'::text, 'withdrawn'::text]))
);

create table artifacts (
  id uuid not null,
  tenant_id uuid not null,
  owner_kind text not null,
  owner_id text not null,
  name text not null,
  media_type text not null,
  sha256 bytea,
  size_bytes bigint default 0 not null,
  created_at timestamp with time zone not null,
  stored_at timestamp with time zone,
  replaced_at timestamp with time zone,
  expires_at timestamp with time zone not null,
  kept_by uuid,
  constraint artifacts_pkey PRIMARY KEY (id)
);

create table audit (
  id uuid not null,
  tenant_id uuid not null,
  at timestamp with time zone default now() not null,
  subject text not null,
  action text not null,
  object text,
  address text,
  outcome text not null,
  request_id text,
  facts jsonb default '{}'::jsonb not null,
  chain_position bigint not null,
  hash bytea not null,
  chain_kind text not null,
  constraint audit_chain_kind_check CHECK (chain_kind = ANY (ARRAY['keyed'::text, 'unkeyed'::text])),
  constraint audit_pkey PRIMARY KEY (id),
  constraint audit_tenant_id_chain_position_key UNIQUE (tenant_id, chain_position)
);

create table audit_checkpoints (
  tenant_id uuid not null,
  chain_position bigint not null,
  hash bytea not null,
  at timestamp with time zone not null,
  constraint audit_checkpoints_pkey PRIMARY KEY (tenant_id)
);

create table authorities (
  id uuid not null,
  kind text not null,
  certificate text not null,
  subject_key_id bytea not null,
  not_before timestamp with time zone not null,
  not_after timestamp with time zone not null,
  is_issuing boolean default false not null,
  created_at timestamp with time zone default now() not null,
  constraint authorities_kind_check CHECK (kind = ANY (ARRAY['root'::text, 'intermediate'::text])),
  constraint authorities_pkey PRIMARY KEY (id)
);

create table certificates (
  serial text not null,
  tenant_id uuid not null,
  authority_id uuid not null,
  node_id uuid,
  purpose text not null,
  subject text not null,
  fingerprint bytea not null,
  public_key_hash bytea not null,
  certificate text not null,
  not_before timestamp with time zone not null,
  not_after timestamp with time zone not null,
  revoked_at timestamp with time zone,
  revocation_reason integer,
  warned_days integer,
  created_at timestamp with time zone default now() not null,
  constraint certificates_fingerprint_key UNIQUE (fingerprint),
  constraint certificates_pkey PRIMARY KEY (serial),
  constraint certificates_purpose_check CHECK (purpose = ANY (ARRAY['node'::text, 'outpost'::text, 'controller'::text]))
);

create table clusters (
  id uuid not null,
  tenant_id uuid not null,
  name text not null,
  ipv4_range cidr not null,
  node_limit integer,
  is_home boolean default false not null,
  controller_id uuid,
  inserted_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint clusters_node_limit_check CHECK (node_limit >= 1),
  constraint clusters_pkey PRIMARY KEY (id),
  constraint clusters_tenant_id_name_key UNIQUE (tenant_id, name)
);

create table console_links (
  hash bytea not null,
  tenant_id uuid not null,
  key_hash bytea,
  person jsonb,
  subject text not null,
  name text not null,
  expires_at timestamp with time zone not null,
  constraint console_links_check CHECK ((key_hash IS NULL) <> (person IS NULL)),
  constraint console_links_pkey PRIMARY KEY (hash)
);

create table console_sessions (
  id uuid not null,
  tenant_id uuid not null,
  hash bytea not null,
  key_hash bytea,
  person jsonb,
  subject text not null,
  name text not null,
  created_at timestamp with time zone default now() not null,
  last_used_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  constraint console_sessions_check CHECK ((key_hash IS NULL) <> (person IS NULL)),
  constraint console_sessions_hash_key UNIQUE (hash),
  constraint console_sessions_pkey PRIMARY KEY (id)
);

create table controllers (
  id uuid not null,
  name text not null,
  boot_id uuid not null,
  version text not null,
  node_endpoints text[] default '{}'::text[] not null,
  capacity integer not null,
  started_at timestamp with time zone not null,
  lease_until timestamp with time zone not null,
  stopped_at timestamp with time zone,
  read_at timestamp with time zone,
  constraint controllers_name_key UNIQUE (name),
  constraint controllers_pkey PRIMARY KEY (id)
);

create table dispatch_transitions (
  dispatch_id uuid not null,
  ordinal integer not null,
  status text not null,
  at timestamp with time zone default clock_timestamp() not null,
  reason text,
  constraint dispatch_transitions_pkey PRIMARY KEY (dispatch_id, ordinal)
);

create table dispatches (
  id uuid not null,
  tenant_id uuid not null,
  name text not null,
  agent text not null,
  model text not null,
  task text not null,
  repo text,
  branch text,
  context text not null,
  workspace_mode text not null,
  timeout_seconds integer not null,
  secrets text[] default '{}'::text[] not null,
  wishes jsonb default '{}'::jsonb not null,
  tags jsonb default '{}'::jsonb not null,
  attempt_group uuid,
  retry_of uuid,
  workspace_id uuid,
  status text default 'pending'::text not null,
  progress integer default 0 not null,
  created_by text not null,
  caller text not null,
  created_at timestamp with time zone default date_trunc('milliseconds'::text, now()) not null,
  placed_at timestamp with time zone,
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  run_id uuid,
  execution_id uuid,
  node_id uuid,
  released_at timestamp with time zone,
  former_runs uuid[] default '{}'::uuid[] not null,
  avoided_nodes uuid[] default '{}'::uuid[] not null,
  cancel_reason text,
  error_code text,
  error_message text,
  exit_code integer,
  usage jsonb,
  cost_usd double precision,
  approval_id uuid,
  is_held boolean default false not null,
  resumes text,
  judgement jsonb,
  budget_demand jsonb,
  added_tokens bigint default 0 not null,
  added_requests bigint default 0 not null,
  parked_at timestamp with time zone,
  parked_reason text,
  budget_approval_id uuid,
  budget_refused text,
  constraint dispatches_name_key UNIQUE (name),
  constraint dispatches_pkey PRIMARY KEY (id),
  constraint dispatches_status_check CHECK (status = ANY (ARRAY['pending'::text, 'provisioning'::text, 'running'::text, 'completing'::text, 'success'::text, 'failed'::text, 'timeout'::text, 'cancelled'::text]))
);

create table enrollment_keys (
  id uuid not null,
  tenant_id uuid not null,
  cluster_id uuid not null,
  name text,
  hash bytea not null,
  sealed_key bytea not null,
  uses_remaining integer,
  expired_at timestamp with time zone,
  last_used_at timestamp with time zone,
  inserted_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  tags text[] default '{}'::text[] not null,
  constraint enrollment_keys_hash_key UNIQUE (hash),
  constraint enrollment_keys_pkey PRIMARY KEY (id),
  constraint enrollment_keys_uses_remaining_check CHECK (uses_remaining >= 0)
);

create table enrollment_tokens (
  id uuid not null,
  tenant_id uuid not null,
  cluster_id uuid not null,
  name text,
  issued_by text not null,
  issued_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  redeemed_at timestamp with time zone,
  redeemed_node_id uuid,
  withdrawn_at timestamp with time zone,
  tags text[] default '{}'::text[] not null,
  constraint enrollment_tokens_pkey PRIMARY KEY (id)
);

create table event_cursors (
  id uuid not null,
  kind text not null,
  tenant_id uuid,
  types text[],
  is_paused boolean default false not null,
  txid xid8 not null,
  "position" bigint not null,
  due_at timestamp with time zone default now() not null,
  lease_until timestamp with time zone,
  controller_id uuid,
  epoch bigint default 0 not null,
  failures integer default 0 not null,
  failing_since timestamp with time zone,
  constraint event_cursors_kind_check CHECK (kind = ANY (ARRAY['webhook'::text, 'broker'::text])),
  constraint event_cursors_pkey PRIMARY KEY (id)
);

create table event_subjects (
  tenant_id uuid not null,
  subject text not null,
  sequence bigint not null,
  written_at timestamp with time zone default now() not null,
  constraint event_subjects_pkey PRIMARY KEY (tenant_id, subject)
);

create table events (
  id uuid not null,
  tenant_id uuid not null,
  type text not null,
  subject text not null,
  data jsonb not null,
  created_at timestamp with time zone default now() not null,
  txid xid8 default pg_current_xact_id(),
  "position" bigint default nextval('event_positions'::regclass),
  sequence bigint,
  constraint events_pkey PRIMARY KEY (id)
) partition by RANGE (id);

create table executions (
  id uuid not null,
  run_id uuid not null,
  tenant_id uuid not null,
  node_id uuid,
  "position" integer not null,
  tool text not null,
  state text default 'queued'::text not null,
  outcome text,
  is_released boolean default false not null,
  sent_epoch bigint,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone default now() not null,
  sent_at timestamp with time zone,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  deadline_at timestamp with time zone,
  timeout_ms integer,
  duration_ms bigint,
  exit_code integer,
  error_code text,
  error_message text,
  result jsonb,
  cancel_requested_at timestamp with time zone,
  cancel_reason text,
  stdout_bytes bigint default 0 not null,
  stderr_bytes bigint default 0 not null,
  is_truncated boolean default false not null,
  stdout_tail bytea,
  stderr_tail bytea,
  output_chunks integer default 0 not null,
  finished_position bigint,
  output_digest bytea,
  normal_output_digest bytea,
  constraint executions_pkey PRIMARY KEY (id),
  constraint executions_state_check CHECK (state = ANY (ARRAY['queued'::text, 'sent'::text, 'running'::text, 'finished'::text]))
);

create table groups (
  id uuid not null,
  tenant_id uuid not null,
  name text not null,
  selector jsonb default '{}'::jsonb not null,
  pinned_members uuid[] default '{}'::uuid[] not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint groups_pkey PRIMARY KEY (id),
  constraint groups_tenant_id_name_key UNIQUE (tenant_id, name)
);

create table idempotency_keys (
  tenant_id uuid not null,
  subject text not null,
  operation text not null,
  key text not null,
  body_hash bytea not null,
  status integer,
  headers jsonb,
  body text,
  has_secret boolean default false not null,
  created_at timestamp with time zone default now() not null,
  constraint idempotency_keys_pkey PRIMARY KEY (tenant_id, subject, operation, key)
);

create table kept_output (
  tenant_id uuid not null,
  day date not null,
  bytes bigint not null,
  constraint kept_output_pkey PRIMARY KEY (tenant_id, day)
) with (fillfactor=50);

create table kept_pins (
  id uuid not null,
  tenant_id uuid not null,
  subject text not null,
  sealed bytea not null,
  expires_at timestamp with time zone not null,
  constraint kept_pins_pkey PRIMARY KEY (id)
);

create unlogged table node_metrics (
  node_id uuid not null,
  received_at timestamp with time zone not null,
  host jsonb,
  daemon jsonb,
  constraint node_metrics_pkey PRIMARY KEY (node_id)
) with (fillfactor=50);

create table node_metrics_history (
  node_id uuid not null,
  at timestamp with time zone not null,
  cpu_percent real,
  memory_percent real,
  disk_percent real,
  load_1m real,
  received_bytes double precision,
  sent_bytes double precision,
  constraint node_metrics_history_pkey PRIMARY KEY (node_id, at)
) partition by RANGE (at);

create unlogged table node_metrics_recent (
  node_id uuid not null,
  at timestamp with time zone not null,
  cpu_percent real,
  memory_percent real,
  disk_percent real,
  load_1m real,
  received_bytes double precision,
  sent_bytes double precision,
  constraint node_metrics_recent_pkey PRIMARY KEY (node_id, at)
);

create table node_updates (
  node_id uuid not null,
  tenant_id uuid not null,
  request_id uuid not null,
  execution_id uuid not null,
  version text,
  state text not null,
  code text,
  message text,
  ordered_at timestamp with time zone not null,
  changed_at timestamp with time zone not null,
  constraint node_updates_pkey PRIMARY KEY (node_id),
  constraint node_updates_state_check CHECK (state = ANY (ARRAY['updated'::text, 'failed'::text]))
);

create table nodes (
  id uuid not null,
  tenant_id uuid not null,
  cluster_id uuid not null,
  name text collate "C" not null,
  id_type text default 'random'::text not null,
  machine_id uuid,
  enrolled_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  revoked_at timestamp with time zone,
  tags text[] default '{}'::text[] not null,
  os text default ''::text not null,
  arch text default ''::text not null,
  hostname text default ''::text not null,
  version text default ''::text not null,
  local_tools text[] default '{}'::text[] not null,
  invocable_tools text[] default '{}'::text[] not null,
  mounts text[] default '{}'::text[] not null,
  labels jsonb default '{}'::jsonb not null,
  self_update_enabled boolean default false not null,
  ports jsonb default '{}'::jsonb not null,
  facts jsonb default '{}'::jsonb not null,
  session_controller_id uuid,
  session_epoch bigint default 0 not null,
  session_opened_at timestamp with time zone,
  session_closed_at timestamp with time zone,
  last_seen_at timestamp with time zone,
  is_healthy boolean default true not null,
  problems text[] default '{}'::text[] not null,
  free_slots integer,
  overlay_host_id uuid not null,
  sealed_api_token bytea,
  sealed_proxy_password bytea,
  overlay_address inet,
  told_health text default 'unreachable'::text not null,
  constraint nodes_id_type_check CHECK (id_type = ANY (ARRAY['persistent'::text, 'random'::text])),
  constraint nodes_pkey PRIMARY KEY (id)
) with (fillfactor=70);

create table outposts (
  node_id uuid not null,
  tenant_id uuid not null,
  outpost_name text not null,
  region text not null,
  deployment_env text,
  created_at timestamp with time zone not null,
  last_seen_at timestamp with time zone,
  outpost_version text,
  policy_version text,
  dlp_model_version text,
  pending_audit_events bigint,
  tier3_active boolean,
  uptime_seconds bigint,
  last_sync_at timestamp with time zone,
  told_status text default 'active'::text not null,
  constraint outposts_pkey PRIMARY KEY (node_id)
);

create table output_chunks (
  execution_id uuid not null,
  run_id uuid not null,
  feed_position bigint not null,
  ordinal integer not null,
  stream smallint not null,
  stream_offset bigint not null,
  data bytea not null,
  stored_at timestamp with time zone default now() not null,
  constraint output_chunks_pkey PRIMARY KEY (run_id, execution_id, ordinal)
) partition by RANGE (run_id);

create table parked_events (
  cursor_id uuid not null,
  lane text not null,
  txid xid8 not null,
  "position" bigint not null,
  event_id uuid not null,
  attempts integer default 0 not null,
  next_at timestamp with time zone not null,
  constraint parked_events_pkey PRIMARY KEY (cursor_id, event_id)
);

create table quota_settings (
  kind text not null,
  bound bigint not null,
  constraint quota_settings_bound_check CHECK (bound >= 0),
  constraint quota_settings_pkey PRIMARY KEY (kind)
);

create table reach_rules (
  tenant_id uuid not null,
  subject text not null,
  allow jsonb not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint reach_rules_pkey PRIMARY KEY (tenant_id, subject),
  constraint reach_rules_subject_check CHECK (length(subject) >= 1 AND length(subject) <= 255)
);

create table release_keys (
  is_present boolean default true not null,
  public_key text not null,
  set_at timestamp with time zone not null,
  set_by text not null,
  constraint release_keys_is_present_check CHECK (is_present),
  constraint release_keys_pkey PRIMARY KEY (is_present)
);

create table releases (
  id uuid not null,
  kind text not null,
  version text not null,
  platform text not null,
  counter bigint not null,
  protocols integer[] not null,
  size_bytes bigint not null,
  sha256 bytea not null,
  signature text not null,
  kept_by uuid,
  announced_by text not null,
  announced_at timestamp with time zone not null,
  stored_at timestamp with time zone,
  withdrawn_at timestamp with time zone,
  constraint releases_kind_check CHECK (kind = ANY (ARRAY['node'::text, 'full'::text])),
  constraint releases_pkey PRIMARY KEY (id),
  constraint releases_sha256_check CHECK (length(sha256) = 32)
);

create table revocation_lists (
  authority_id uuid not null,
  number bigint not null,
  this_update timestamp with time zone not null,
  next_update timestamp with time zone not null,
  entry_count integer not null,
  last_revoked_at timestamp with time zone,
  der bytea not null,
  constraint revocation_lists_pkey PRIMARY KEY (authority_id)
);

create table runs (
  id uuid not null,
  tenant_id uuid not null,
  kind text not null,
  tool text not null,
  args jsonb not null,
  target jsonb not null,
  policy jsonb not null,
  view jsonb default '{}'::jsonb not null,
  skipped jsonb default '[]'::jsonb not null,
  target_count integer not null,
  state text default 'running'::text not null,
  outcome text,
  halt_reason text,
  cancel_requested_at timestamp with time zone,
  created_by text not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone default now() not null,
  ended_at timestamp with time zone,
  ended_position bigint,
  deadline_at timestamp with time zone,
  coordinator_id uuid,
  coordinator_fence bigint default 0 not null,
  lease_until timestamp with time zone,
  sealed_args bytea,
  command text,
  command_sha256 bytea,
  args_head jsonb,
  caller text,
  failure_count integer,
  pin_hash bytea,
  approval_id uuid,
  is_held boolean default false not null,
  constraint runs_kind_check CHECK (kind = ANY (ARRAY['fleet'::text, 'command'::text, 'self_update'::text, 'dispatch'::text])),
  constraint runs_pin_hash_check CHECK (length(pin_hash) = 32),
  constraint runs_pkey PRIMARY KEY (id),
  constraint runs_state_check CHECK (state = ANY (ARRAY['running'::text, 'finished'::text]))
);

create table sealed_secrets (
  name text not null,
  sealed bytea not null,
  created_at timestamp with time zone default now() not null,
  constraint sealed_secrets_pkey PRIMARY KEY (name)
);

create table self_update_triggers (
  execution_id uuid not null,
  told_at timestamp with time zone default now() not null,
  constraint self_update_triggers_pkey PRIMARY KEY (execution_id)
);

create table self_updates (
  run_id uuid not null,
  completed_at timestamp with time zone not null,
  total integer not null,
  triggered integer not null,
  failed integer not null,
  constraint self_updates_failed_check CHECK (failed >= 0),
  constraint self_updates_pkey PRIMARY KEY (run_id),
  constraint self_updates_total_check CHECK (total >= 0),
  constraint self_updates_triggered_check CHECK (triggered >= 0)
);

create table ssh_public_keys (
  id uuid not null,
  tenant_id uuid not null,
  ssh_username_id uuid not null,
  name text not null,
  public_key text not null,
  inserted_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  constraint ssh_public_keys_pkey PRIMARY KEY (id),
  constraint ssh_public_keys_ssh_username_id_name_key UNIQUE (ssh_username_id, name)
);

create table ssh_usernames (
  id uuid not null,
  tenant_id uuid not null,
  node_id uuid not null,
  username text not null,
  password_hash text,
  inserted_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  constraint ssh_usernames_node_id_username_key UNIQUE (node_id, username),
  constraint ssh_usernames_pkey PRIMARY KEY (id)
);

create table tenant_secrets (
  tenant_id uuid not null,
  kind text not null,
  name text not null,
  sealed bytea not null,
  created_at timestamp with time zone default date_trunc('milliseconds'::text, now()) not null,
  updated_at timestamp with time zone default now() not null,
  constraint tenant_secrets_kind_check CHECK (kind = ANY (ARRAY['value'::text, 'model'::text, 'git'::text])),
  constraint tenant_secrets_pkey PRIMARY KEY (tenant_id, kind, name)
);

create table tenants (
  id uuid not null,
  kind text not null,
  slug text not null,
  name text not null,
  created_at timestamp with time zone default now() not null,
  quotas jsonb default '{}'::jsonb not null,
  approval_policy jsonb,
  constraint tenants_kind_check CHECK (kind = ANY (ARRAY['system'::text, 'org'::text, 'personal'::text, 'team'::text])),
  constraint tenants_pkey PRIMARY KEY (id),
  constraint tenants_slug_key UNIQUE (slug)
);

create table terminal_sessions (
  id uuid not null,
  tenant_id uuid not null,
  node_id uuid not null,
  node_name text not null,
  subject text not null,
  caller text not null,
  address text,
  door text not null,
  program text,
  wanted_user text,
  run_as text,
  width integer,
  height integer,
  term text,
  controller_id uuid not null,
  attachment integer default 1 not null,
  started_at timestamp with time zone not null,
  detached_at timestamp with time zone,
  ended_at timestamp with time zone,
  end_reason text,
  ended_by text,
  exit_code integer,
  is_recorded boolean not null,
  recorded_bytes bigint default 0 not null,
  recording_problem text,
  constraint terminal_sessions_door_check CHECK (door = ANY (ARRAY['command_line'::text, 'console'::text])),
  constraint terminal_sessions_pkey PRIMARY KEY (id)
);

create table terminal_tickets (
  hash bytea not null,
  tenant_id uuid not null,
  subject text not null,
  purpose bytea not null,
  expires_at timestamp with time zone not null,
  constraint terminal_tickets_pkey PRIMARY KEY (hash)
);

create table tunnel_requests (
  id uuid not null,
  node_id uuid not null,
  sealed bytea not null,
  expires_at timestamp with time zone not null,
  constraint tunnel_requests_pkey PRIMARY KEY (id)
);

create table update_turns (
  is_present boolean default true not null,
  id uuid not null,
  held_by text not null,
  ends_at timestamp with time zone not null,
  constraint update_turns_is_present_check CHECK (is_present),
  constraint update_turns_pkey PRIMARY KEY (is_present)
);

create table waiting_nodes (
  node_id uuid not null,
  tenant_id uuid not null,
  certificate text not null,
  not_after timestamp with time zone not null,
  hostname text not null,
  address text not null,
  first_seen_at timestamp with time zone default now() not null,
  last_seen_at timestamp with time zone default now() not null,
  constraint waiting_nodes_pkey PRIMARY KEY (node_id)
);

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
  next_at timestamp with time zone,
  answer text,
  created_at timestamp with time zone default now() not null,
  constraint webhook_deliveries_pkey PRIMARY KEY (id)
) partition by RANGE (id);

create table webhooks (
  id uuid not null,
  tenant_id uuid not null,
  url text not null,
  is_native boolean default false not null,
  sealed_secret bytea not null,
  sealed_previous_secret bytea,
  previous_secret_until timestamp with time zone,
  sealed_headers bytea,
  paused_at timestamp with time zone,
  pause_reason text,
  inserted_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint webhooks_pkey PRIMARY KEY (id)
);

create table workspaces (
  id uuid not null,
  tenant_id uuid not null,
  repo text not null,
  node_id uuid,
  size_bytes bigint default 0 not null,
  created_at timestamp with time zone default date_trunc('milliseconds'::text, now()) not null,
  last_accessed_at timestamp with time zone default now() not null,
  constraint workspaces_pkey PRIMARY KEY (id),
  constraint workspaces_tenant_id_repo_key UNIQUE (tenant_id, repo)
);

create table events_default partition of events DEFAULT;

create table node_metrics_history_default partition of node_metrics_history DEFAULT;

create table output_chunks_default partition of output_chunks DEFAULT;

create table webhook_deliveries_default partition of webhook_deliveries DEFAULT;

alter table output_chunks alter column data set storage external;

alter table revocation_lists alter column der set storage external;

CREATE INDEX aliases_node ON aliases USING btree (node_id);

CREATE INDEX aliases_tenant ON aliases USING btree (tenant_id, inserted_at DESC, id);

CREATE INDEX api_keys_tenant ON api_keys USING btree (tenant_id, created_at, id);

CREATE INDEX approvals_about ON approvals USING btree (tenant_id, kind, about, asked_at DESC);

CREATE INDEX approvals_due ON approvals USING btree (expires_at) WHERE state = 'waiting'::text;

CREATE INDEX approvals_tenant ON approvals USING btree (tenant_id, asked_at DESC, id);

CREATE UNIQUE INDEX approvals_waiting ON approvals USING btree (tenant_id, kind, about) WHERE state = 'waiting'::text;

CREATE INDEX artifacts_expiry ON artifacts USING btree (expires_at);

CREATE INDEX artifacts_owner ON artifacts USING btree (tenant_id, owner_kind, owner_id, name);

CREATE UNIQUE INDEX authorities_issuing ON authorities USING btree (is_issuing) WHERE is_issuing;

CREATE INDEX certificates_end ON certificates USING btree (not_after) WHERE revoked_at IS NULL;

CREATE INDEX certificates_node ON certificates USING btree (node_id, not_after DESC);

CREATE INDEX certificates_revoked ON certificates USING btree (authority_id, not_after) WHERE revoked_at IS NOT NULL;

CREATE INDEX certificates_revoked_at ON certificates USING btree (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE INDEX certificates_tenant ON certificates USING btree (tenant_id, created_at DESC, serial);

CREATE UNIQUE INDEX clusters_home ON clusters USING btree (tenant_id) WHERE is_home;

CREATE INDEX clusters_tenant ON clusters USING btree (tenant_id, inserted_at DESC, id);

CREATE INDEX console_sessions_tenant ON console_sessions USING btree (tenant_id, created_at DESC);

CREATE INDEX dispatches_approval ON dispatches USING btree (approval_id) WHERE approval_id IS NOT NULL;

CREATE INDEX dispatches_budget_approval ON dispatches USING btree (budget_approval_id) WHERE budget_approval_id IS NOT NULL;

CREATE INDEX dispatches_ended ON dispatches USING btree (ended_at) WHERE ended_at IS NOT NULL;

CREATE INDEX dispatches_of_group ON dispatches USING btree (attempt_group) WHERE attempt_group IS NOT NULL;

CREATE INDEX dispatches_of_tenant ON dispatches USING btree (tenant_id, created_at DESC, id DESC);

CREATE INDEX dispatches_of_workspace ON dispatches USING btree (workspace_id) WHERE released_at IS NULL;

CREATE INDEX dispatches_placed ON dispatches USING btree (node_id) WHERE run_id IS NOT NULL AND released_at IS NULL;

CREATE INDEX dispatches_unreleased_of_tenant ON dispatches USING btree (tenant_id) WHERE run_id IS NOT NULL AND released_at IS NULL;

CREATE INDEX dispatches_waiting ON dispatches USING btree (tenant_id, created_at, id) WHERE status = 'pending'::text;

CREATE INDEX enrollment_keys_cluster ON enrollment_keys USING btree (cluster_id, inserted_at DESC, id);

CREATE INDEX enrollment_keys_tenant ON enrollment_keys USING btree (tenant_id, inserted_at DESC, id);

CREATE INDEX enrollment_tokens_tenant ON enrollment_tokens USING btree (tenant_id, issued_at DESC, id);

CREATE INDEX event_cursors_due ON event_cursors USING btree (due_at);

CREATE INDEX event_subjects_written_at ON event_subjects USING btree (written_at);

CREATE INDEX events_order ON events USING btree (txid, "position");

CREATE INDEX events_tenant_order ON events USING btree (tenant_id, txid, "position");

CREATE INDEX executions_deadline ON executions USING btree (deadline_at) WHERE (state = ANY (ARRAY['queued'::text, 'sent'::text])) AND deadline_at IS NOT NULL;

CREATE INDEX executions_deliverable ON executions USING btree (node_id, created_at, "position") WHERE state = ANY (ARRAY['queued'::text, 'sent'::text, 'running'::text]);

CREATE INDEX executions_feed ON executions USING btree (run_id, finished_position) WHERE finished_position IS NOT NULL;

CREATE INDEX executions_node ON executions USING btree (node_id, created_at DESC, id);

CREATE INDEX executions_run ON executions USING btree (run_id, "position");

CREATE INDEX executions_tenant ON executions USING btree (tenant_id, created_at DESC, id) INCLUDE (run_id);

CREATE INDEX groups_tenant ON groups USING btree (tenant_id, created_at, id);

CREATE INDEX idempotency_keys_age ON idempotency_keys USING btree (created_at);

CREATE INDEX kept_pins_expired ON kept_pins USING btree (expires_at);

CREATE INDEX kept_pins_subject ON kept_pins USING btree (tenant_id, subject, id);

CREATE INDEX node_metrics_history_at ON node_metrics_history USING brin (at);

CREATE INDEX node_metrics_recent_at ON node_metrics_recent USING btree (at);

CREATE INDEX nodes_cluster ON nodes USING btree (cluster_id, enrolled_at DESC, id);

CREATE INDEX nodes_labels ON nodes USING gin (labels);

CREATE INDEX nodes_machine ON nodes USING btree (tenant_id, machine_id) WHERE machine_id IS NOT NULL;

CREATE UNIQUE INDEX nodes_overlay_address ON nodes USING btree (cluster_id, overlay_address) WHERE overlay_address IS NOT NULL;

CREATE INDEX nodes_session ON nodes USING btree (session_controller_id) WHERE session_controller_id IS NOT NULL;

CREATE INDEX nodes_tags ON nodes USING gin (tags);

CREATE INDEX nodes_tenant_enrolled ON nodes USING btree (tenant_id, enrolled_at DESC, id);

CREATE INDEX nodes_tenant_name ON nodes USING btree (tenant_id, name, id);

CREATE INDEX nodes_tools ON nodes USING gin (local_tools);

CREATE INDEX nodes_unrevoked ON nodes USING btree (cluster_id) WHERE revoked_at IS NULL;

CREATE INDEX nodes_unrevoked_tenant ON nodes USING btree (tenant_id) WHERE revoked_at IS NULL;

CREATE INDEX outposts_tenant ON outposts USING btree (tenant_id, created_at, node_id);

CREATE INDEX output_chunks_feed ON output_chunks USING btree (run_id, feed_position);

CREATE INDEX parked_events_lane ON parked_events USING btree (cursor_id, lane, txid, "position");

CREATE UNIQUE INDEX releases_counter ON releases USING btree (kind, platform, counter) WHERE stored_at IS NOT NULL;

CREATE INDEX releases_sha256 ON releases USING btree (sha256);

CREATE INDEX runs_approval ON runs USING btree (approval_id) WHERE approval_id IS NOT NULL;

CREATE INDEX runs_failed ON runs USING btree (tenant_id, kind, created_at DESC, id) WHERE failure_count > 0;

CREATE INDEX runs_open ON runs USING btree (lease_until) WHERE state = 'running'::text;

CREATE INDEX runs_open_tenant ON runs USING btree (tenant_id) WHERE state = 'running'::text;

CREATE UNIQUE INDEX runs_pin ON runs USING btree (pin_hash) WHERE pin_hash IS NOT NULL;

CREATE INDEX runs_self_updates ON runs USING btree (tenant_id, created_at, id) WHERE kind = 'self_update'::text;

CREATE INDEX runs_tenant ON runs USING btree (tenant_id, kind, created_at DESC, id);

CREATE INDEX ssh_public_keys_tenant ON ssh_public_keys USING btree (tenant_id, inserted_at DESC, id);

CREATE INDEX ssh_usernames_tenant ON ssh_usernames USING btree (tenant_id, inserted_at DESC, id);

CREATE INDEX terminal_sessions_open ON terminal_sessions USING btree (started_at) WHERE ended_at IS NULL;

CREATE INDEX terminal_sessions_tenant ON terminal_sessions USING btree (tenant_id, started_at DESC, id DESC);

CREATE INDEX terminal_tickets_subject ON terminal_tickets USING btree (tenant_id, subject);

CREATE INDEX tunnel_requests_expires_at ON tunnel_requests USING btree (expires_at);

CREATE INDEX waiting_nodes_tenant ON waiting_nodes USING btree (tenant_id, node_id);

CREATE INDEX webhook_deliveries_event ON webhook_deliveries USING btree (webhook_id, event_id);

CREATE INDEX webhook_deliveries_webhook ON webhook_deliveries USING btree (webhook_id, id DESC);

CREATE INDEX webhooks_tenant ON webhooks USING btree (tenant_id, inserted_at DESC, id);

CREATE INDEX workspaces_node ON workspaces USING btree (node_id) WHERE node_id IS NOT NULL;

alter table aliases add constraint aliases_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES clusters(id) ON DELETE CASCADE;

alter table aliases add constraint aliases_node_id_fkey FOREIGN KEY (node_id) REFERENCES nodes(id) ON DELETE CASCADE;

alter table aliases add constraint aliases_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE;

alter table api_keys add constraint api_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE;

alter table approvals add constraint approvals_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE;

alter table certificates add constraint certificates_authority_id_fkey FOREIGN KEY (authority_id) REFERENCES authorities(id);

alter table clusters add constraint clusters_controller_id_fkey FOREIGN KEY (controller_id) REFERENCES controllers(id) ON DELETE SET NULL;

alter table clusters add constraint clusters_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE;

alter table dispatch_transitions add constraint dispatch_transitions_dispatch_id_fkey FOREIGN KEY (dispatch_id) REFERENCES dispatches(id) ON DELETE CASCADE;

alter table dispatches add constraint dispatches_node_id_fkey FOREIGN KEY (node_id) REFERENCES nodes(id) ON DELETE SET NULL;

alter table dispatches add constraint dispatches_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE;

alter table dispatches add constraint dispatches_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id) ON DELETE SET NULL;

alter table enrollment_keys add constraint enrollment_keys_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES clusters(id) ON DELETE CASCADE;

alter table enrollment_keys add constraint enrollment_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE;

alter table enrollment_tokens add constraint enrollment_tokens_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES clusters(id) ON DELETE CASCADE;

alter table enrollment_tokens add constraint enrollment_tokens_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE;

alter table event_cursors add constraint event_cursors_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE;

alter table executions add constraint executions_node_id_fkey FOREIGN KEY (node_id) REFERENCES nodes(id) ON DELETE SET NULL;

alter table executions add constraint executions_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs(id) ON DELETE CASCADE;

alter table groups add constraint groups_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE;

alter table kept_output add constraint kept_output_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE;

alter table kept_pins add constraint kept_pins_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE;

alter table node_metrics add constraint node_metrics_node_id_fkey FOREIGN KEY (node_id) REFERENCES nodes(id) ON DELETE CASCADE;

alter table node_updates add constraint node_updates_node_id_fkey FOREIGN KEY (node_id) REFERENCES nodes(id) ON DELETE CASCADE;

alter table node_updates add constraint node_updates_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE;

alter table nodes add constraint nodes_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES clusters(id);

alter table nodes add constraint nodes_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE;

alter table outposts add constraint outposts_node_id_fkey FOREIGN KEY (node_id) REFERENCES nodes(id) ON DELETE CASCADE;

alter table outposts add constraint outposts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE;

alter table parked_events add constraint parked_events_cursor_id_fkey FOREIGN KEY (cursor_id) REFERENCES event_cursors(id) ON DELETE CASCADE;

alter table reach_rules add constraint reach_rules_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id);

alter table revocation_lists add constraint revocation_lists_authority_id_fkey FOREIGN KEY (authority_id) REFERENCES authorities(id) ON DELETE CASCADE;

alter table runs add constraint runs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE;

alter table self_update_triggers add constraint self_update_triggers_execution_id_fkey FOREIGN KEY (execution_id) REFERENCES executions(id) ON DELETE CASCADE;

alter table self_updates add constraint self_updates_run_id_fkey FOREIGN KEY (run_id) REFERENCES runs(id) ON DELETE CASCADE;

alter table ssh_public_keys add constraint ssh_public_keys_ssh_username_id_fkey FOREIGN KEY (ssh_username_id) REFERENCES ssh_usernames(id) ON DELETE CASCADE;

alter table ssh_public_keys add constraint ssh_public_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE;

alter table ssh_usernames add constraint ssh_usernames_node_id_fkey FOREIGN KEY (node_id) REFERENCES nodes(id) ON DELETE CASCADE;

alter table ssh_usernames add constraint ssh_usernames_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE;

alter table tenant_secrets add constraint tenant_secrets_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE;

alter table terminal_sessions add constraint terminal_sessions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE;

alter table terminal_tickets add constraint terminal_tickets_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE;

alter table webhooks add constraint webhooks_id_fkey FOREIGN KEY (id) REFERENCES event_cursors(id) ON DELETE CASCADE;

alter table webhooks add constraint webhooks_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE;

alter table workspaces add constraint workspaces_node_id_fkey FOREIGN KEY (node_id) REFERENCES nodes(id) ON DELETE SET NULL;

alter table workspaces add constraint workspaces_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE;
