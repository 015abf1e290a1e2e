-- Foundation: tenants, access, nodes, certificates, the execution engine, the outbox. PostgreSQL 15 syntax.
-- Ids are UUIDv7 made by the controllers. Status words of the contracts are nowhere here: they are computed from facts.

-- Tenants and access ---------------------------------------------------------------------------------------------

create table tenants (
  id uuid primary key,
  kind text not null check (kind in ('system', 'org', 'personal', 'team')),
  -- Name in tokens and headers of edge-fleet: u-…, t-…, or chosen by the operator.
  slug text not null unique,
  name text not null,
  created_at timestamptz not null default now()
);

create table api_keys (
  id uuid primary key,
  -- null: the master key, which opens every tenant's org paths
  tenant_id uuid references tenants on delete cascade,
  kind text not null check (kind in ('master', 'api', 'metrics', 'arb', 'otp', 'scoped')),
  name text not null,
  -- SHA-256 of the key; the key itself is shown once and kept nowhere
  hash bytea not null unique,
  -- last four characters, so that people can tell keys apart
  hint text not null,
  scopes text[] not null default '{}',
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
);
create index api_keys_tenant on api_keys (tenant_id, created_at, id);

-- Answers of POSTs that carried an Idempotency-Key; dropped after 24 h.
create table idempotency_keys (
  tenant_id uuid not null,
  subject text not null,
  operation text not null,
  key text not null,
  body_hash bytea not null,
  -- null while the first request is still being worked on
  status int,
  headers jsonb,
  body text,
  -- the first answer held a secret that is never stored: a replay is refused instead
  has_secret boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (tenant_id, subject, operation, key)
);
create index idempotency_keys_age on idempotency_keys (created_at);

create table audit (
  id uuid primary key,
  tenant_id uuid not null,
  at timestamptz not null default now(),
  subject text not null,
  action text not null,
  object text,
  address text,
  outcome text not null,
  request_id text,
  facts jsonb not null default '{}',
  -- SHA-256 over the previous row's hash and this row's fields, per tenant
  chain_position bigint not null,
  hash bytea not null,
  unique (tenant_id, chain_position)
);

-- Controllers ----------------------------------------------------------------------------------------------------

create table controllers (
  id uuid primary key,
  name text not null unique,
  -- new for every start of the process
  boot_id uuid not null,
  version text not null,
  -- where nodes and other controllers find it
  node_endpoints text[] not null default '{}',
  capacity int not null,
  started_at timestamptz not null,
  lease_until timestamptz not null,
  stopped_at timestamptz
);

-- What the controllers of one database share and nobody may read in clear (the CA keys), sealed with the secret key.
create table sealed_secrets (
  name text primary key,
  sealed bytea not null,
  created_at timestamptz not null default now()
);

-- Clusters -------------------------------------------------------------------------------------------------------

create table clusters (
  id uuid primary key,
  tenant_id uuid not null references tenants on delete cascade,
  name text not null unique,
  ipv4_range cidr not null,
  node_limit int check (node_limit >= 1),
  -- where nodes of the tenant go that were not enrolled into a cluster by name
  is_home boolean not null default false,
  -- controller that answers for it (edge-admin's sharding); null: nobody has room
  controller_id uuid references controllers on delete set null,
  inserted_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index clusters_tenant on clusters (tenant_id, inserted_at desc, id);
create unique index clusters_home on clusters (tenant_id) where is_home;
create index clusters_range on clusters using gist (ipv4_range inet_ops);

-- Nodes ----------------------------------------------------------------------------------------------------------

create sequence session_epochs;

create table nodes (
  id uuid primary key,
  tenant_id uuid not null references tenants on delete cascade,
  cluster_id uuid not null references clusters,
  -- byte order everywhere: the order of targets is the same on every server
  name text collate "C" not null,
  id_type text not null default 'random' check (id_type in ('persistent', 'random')),
  machine_id uuid,
  enrolled_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  revoked_at timestamptz,
  -- set by operators
  tags text[] not null default '{}',
  -- claimed by the host
  os text not null default '',
  arch text not null default '',
  hostname text not null default '',
  version text not null default '',
  local_tools text[] not null default '{}',
  invocable_tools text[] not null default '{}',
  mounts text[] not null default '{}',
  labels jsonb not null default '{}',
  self_update_enabled boolean not null default false,
  ports jsonb not null default '{}',
  -- facts that have no column of their own: kernel, memory, cpus, boot time
  facts jsonb not null default '{}',
  -- presence: a session is open while session_controller_id is set and that controller's lease runs
  session_controller_id uuid,
  session_epoch bigint not null default 0,
  session_opened_at timestamptz,
  session_closed_at timestamptz,
  last_seen_at timestamptz,
  is_healthy boolean not null default true,
  problems text[] not null default '{}',
  free_slots int,
  -- overlay host id of edge-admin's contract, whichever provider runs
  overlay_host_id uuid not null,
  -- per-node secrets of edge-admin's contract (api_token, proxy_password), sealed
  sealed_api_token bytea,
  sealed_proxy_password bytea
);
create index nodes_tenant_name on nodes (tenant_id, name, id);
create index nodes_tenant_enrolled on nodes (tenant_id, enrolled_at desc, id);
create index nodes_cluster on nodes (cluster_id, enrolled_at desc, id);
create index nodes_session on nodes (session_controller_id) where session_controller_id is not null;
create index nodes_machine on nodes (tenant_id, machine_id) where machine_id is not null;
create index nodes_tags on nodes using gin (tags);
create index nodes_tools on nodes using gin (local_tools);
create index nodes_labels on nodes using gin (labels);
-- heartbeats rewrite rows every few seconds: no index on what they touch, and room on the page (HOT updates)
alter table nodes set (fillfactor = 70);

create table outposts (
  node_id uuid primary key references nodes on delete cascade,
  tenant_id uuid not null references tenants on delete cascade,
  outpost_name text not null,
  region text not null,
  deployment_env text,
  -- deregistered is what nodes.revoked_at says, and the newest certificate is in certificates
  created_at timestamptz not null,
  -- of this contract's own heartbeat; the session's is nodes.last_seen_at
  last_seen_at timestamptz,
  outpost_version text,
  policy_version text,
  dlp_model_version text,
  pending_audit_events bigint,
  tier3_active boolean,
  uptime_seconds bigint,
  last_sync_at timestamptz,
  -- the status an event last told, so that changes are told once
  told_status text not null default 'active'
);
create index outposts_tenant on outposts (tenant_id, created_at, node_id);

create table aliases (
  id uuid primary key,
  tenant_id uuid not null references tenants on delete cascade,
  node_id uuid not null references nodes on delete cascade,
  cluster_id uuid not null references clusters on delete cascade,
  name text not null,
  inserted_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (cluster_id, name)
);
create index aliases_tenant on aliases (tenant_id, inserted_at desc, id);
create index aliases_node on aliases (node_id);

create table groups (
  id uuid primary key,
  tenant_id uuid not null references tenants on delete cascade,
  name text not null,
  selector jsonb not null default '{}',
  pinned_members uuid[] not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (tenant_id, name)
);
create index groups_tenant on groups (tenant_id, created_at, id);

-- Enrolment and certificates -------------------------------------------------------------------------------------

-- Edge Admin enrolment keys: reusable, counted.
create table enrollment_keys (
  id uuid primary key,
  tenant_id uuid not null references tenants on delete cascade,
  cluster_id uuid not null references clusters on delete cascade,
  name text,
  -- SHA-256 of the whole blob, for look-up; the blob itself sealed, because the contract shows it again
  hash bytea not null unique,
  sealed_key bytea not null,
  -- null: unlimited
  uses_remaining int check (uses_remaining >= 0),
  expired_at timestamptz,
  last_used_at timestamptz,
  inserted_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index enrollment_keys_tenant on enrollment_keys (tenant_id, inserted_at desc, id);
create index enrollment_keys_cluster on enrollment_keys (cluster_id, inserted_at desc, id);

-- Edge-fleet enrolment tokens: signed (EdDSA), single use, recorded when issued.
create table enrollment_tokens (
  -- the token's jti
  id uuid primary key,
  tenant_id uuid not null references tenants on delete cascade,
  cluster_id uuid not null references clusters on delete cascade,
  name text,
  issued_by text not null,
  issued_at timestamptz not null,
  expires_at timestamptz not null,
  redeemed_at timestamptz,
  redeemed_node_id uuid,
  withdrawn_at timestamptz
);
create index enrollment_tokens_tenant on enrollment_tokens (tenant_id, issued_at desc, id);

-- Certificate authorities: root and every intermediate there has been. Keys are in sealed_secrets.
create table authorities (
  id uuid primary key,
  kind text not null check (kind in ('root', 'intermediate')),
  certificate text not null,
  subject_key_id bytea not null,
  not_before timestamptz not null,
  not_after timestamptz not null,
  -- the one intermediate that signs; older ones stay trusted until their leaves have ended
  is_issuing boolean not null default false,
  created_at timestamptz not null default now()
);
create unique index authorities_issuing on authorities (is_issuing) where is_issuing;

-- The newest revocation list of every authority: all controllers serve this one, so its number never goes back.
create table revocation_lists (
  authority_id uuid primary key references authorities on delete cascade,
  number bigint not null,
  this_update timestamptz not null,
  next_update timestamptz not null,
  entry_count int not null,
  -- of the entries; with the count it tells whether the list still says what the certificates say
  last_revoked_at timestamptz,
  der bytea not null
);
-- It does not shrink, and trying takes longer than writing it.
alter table revocation_lists alter column der set storage external;

create table certificates (
  -- hex, upper case, no leading zeros
  serial text primary key,
  tenant_id uuid not null,
  authority_id uuid not null references authorities,
  node_id uuid,
  purpose text not null check (purpose in ('node', 'outpost', 'controller')),
  subject text not null,
  -- SHA-256 of the DER
  fingerprint bytea not null unique,
  -- SHA-256 of the SubjectPublicKeyInfo: proof of possession at re-enrolment
  public_key_hash bytea not null,
  certificate text not null,
  not_before timestamptz not null,
  not_after timestamptz not null,
  revoked_at timestamptz,
  -- RFC 5280 §5.3.1
  revocation_reason int,
  -- days before the end of which a warning event has been written: 30, 7, 1
  warned_days int,
  created_at timestamptz not null default now()
);
create index certificates_node on certificates (node_id, not_after desc);
create index certificates_revoked on certificates (authority_id, not_after) where revoked_at is not null;
create index certificates_revoked_at on certificates (revoked_at) where revoked_at is not null;
create index certificates_end on certificates (not_after) where revoked_at is null;
create index certificates_tenant on certificates (tenant_id, created_at desc, serial);

-- Runs and executions --------------------------------------------------------------------------------------------

-- Places in the feeds of runs. Drawn only while the advisory lock of the feed is held, so that positions rise in the
-- order of commits on every controller: a reader that asks for "after n" never misses a later commit with a smaller one.
create sequence feed_positions;

create table runs (
  id uuid primary key,
  tenant_id uuid not null references tenants on delete cascade,
  kind text not null check (kind in ('fleet', 'command', 'self_update', 'dispatch')),
  tool text not null,
  args jsonb not null,
  -- as the caller wrote it; what it resolved to is in executions
  target jsonb not null,
  policy jsonb not null,
  -- what a surface wants to keep of its own view (wire spelling of target and policy, command text)
  view jsonb not null default '{}',
  -- targets that were not run on: [{nodeId, reason}]
  skipped jsonb not null default '[]',
  target_count int not null,
  state text not null default 'running' check (state in ('running', 'finished')),
  -- complete, halted, cancelled, refused; null while running
  outcome text,
  -- why it halts or was refused; set before the executions end
  halt_reason text,
  cancel_requested_at timestamptz,
  created_by text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null default now(),
  ended_at timestamptz,
  -- place of the end in the feed of the run
  ended_position bigint,
  -- no execution starts after this
  deadline_at timestamptz,
  -- fenced lease of the controller that drives it
  coordinator_id uuid,
  coordinator_fence bigint not null default 0,
  lease_until timestamptz
);
create index runs_tenant on runs (tenant_id, kind, created_at desc, id);
create index runs_open on runs (lease_until) where state = 'running';

create table executions (
  id uuid primary key,
  run_id uuid not null references runs on delete cascade,
  tenant_id uuid not null,
  -- null once the node is deleted
  node_id uuid references nodes on delete set null,
  -- place in the order of targets (name, then id), from 0
  position int not null,
  tool text not null,
  state text not null default 'queued' check (state in ('queued', 'sent', 'running', 'finished')),
  -- ok, failed, timed_out, cancelled, expired, interrupted, lost, not_started; null until finished
  outcome text,
  -- the planner has released it: it may be sent as soon as the node is there
  is_released boolean not null default false,
  -- the epoch of the session it was sent on
  sent_epoch bigint,
  created_at timestamptz not null,
  updated_at timestamptz not null default now(),
  sent_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  -- no start after this (absolute)
  deadline_at timestamptz,
  -- longest run time once started; null: none
  timeout_ms int,
  duration_ms bigint,
  exit_code int,
  error_code text,
  error_message text,
  result jsonb,
  cancel_requested_at timestamptz,
  cancel_reason text,
  stdout_bytes bigint not null default 0,
  stderr_bytes bigint not null default 0,
  is_truncated boolean not null default false,
  -- last 4 KiB of each stream
  stdout_tail bytea,
  stderr_tail bytea,
  -- output chunks stored so far: ordinals 0 … n-1
  output_chunks int not null default 0,
  -- place of the result in the feed of the run
  finished_position bigint
);
create index executions_feed on executions (run_id, finished_position) where finished_position is not null;
create index executions_run on executions (run_id, position);
create index executions_node on executions (node_id, created_at desc, id);
create index executions_tenant on executions (tenant_id, created_at desc, id);
-- what a node gets when it says Hello, oldest first
create index executions_deliverable on executions (node_id, created_at, position)
  where state in ('queued', 'sent', 'running');
create index executions_deadline on executions (deadline_at) where state in ('queued', 'sent') and deadline_at is not null;

create table output_chunks (
  execution_id uuid not null,
  run_id uuid not null,
  feed_position bigint not null,
  ordinal int not null,
  -- 1 stdout, 2 stderr
  stream smallint not null,
  stream_offset bigint not null,
  data bytea not null,
  stored_at timestamptz not null default now(),
  primary key (execution_id, ordinal)
);
create index output_chunks_feed on output_chunks (run_id, feed_position);

-- Events ---------------------------------------------------------------------------------------------------------

-- The outbox: written in the transaction of the change it tells of, relayed afterwards.
create table events (
  id uuid primary key,
  tenant_id uuid not null,
  type text not null,
  -- what it is about: node, run, execution, certificate id
  subject text not null,
  data jsonb not null,
  created_at timestamptz not null default now(),
  relayed_at timestamptz
);
create index events_unrelayed on events (created_at, id) where relayed_at is null;
create index events_tenant on events (tenant_id, created_at desc, id);
