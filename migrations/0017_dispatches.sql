-- Tasks for coding agents. A dispatch waits, is placed on one node as a run of `agent.run`, and is followed to its end. Its
-- status is the contract's; every change of it is a row of `dispatch_transitions`. The logs are the output of its runs.

create table workspaces (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  repo text not null,
  -- Where its storage is; null until the first dispatch has been placed.
  node_id uuid references nodes (id) on delete set null,
  size_bytes bigint not null default 0,
  created_at timestamptz not null default date_trunc('milliseconds', now()),
  last_accessed_at timestamptz not null default now(),
  unique (tenant_id, repo)
);
create index workspaces_node on workspaces (node_id) where node_id is not null;

create table dispatches (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  -- As the contract writes it: dsp_YYYYMMDD_HHMMSS_xxxxxx.
  name text not null unique,
  agent text not null,
  model text not null,
  task text not null,
  repo text,
  branch text,
  context text not null,
  workspace_mode text not null,
  timeout_seconds integer not null,
  secrets text[] not null default '{}',
  -- What was asked for beyond the contract: labels of the node, network, budget, tags, judge command.
  wishes jsonb not null default '{}',
  tags jsonb not null default '{}',
  -- Dispatches of one task to several agents or models; null: alone.
  attempt_group uuid,
  retry_of uuid,
  workspace_id uuid references workspaces (id) on delete set null,
  status text not null default 'pending' check (status in
    ('pending', 'provisioning', 'running', 'completing', 'success', 'failed', 'timeout', 'cancelled')),
  progress integer not null default 0,
  created_by text not null,
  caller text not null,
  created_at timestamptz not null default date_trunc('milliseconds', now()),
  placed_at timestamptz,
  started_at timestamptz,
  ended_at timestamptz,
  run_id uuid,
  execution_id uuid,
  node_id uuid references nodes (id) on delete set null,
  -- It no longer takes a slot or holds its workspace: nothing of it runs on the node. Set for those never placed as they end.
  released_at timestamptz,
  -- Runs of before, which their nodes did not start; their output stays in front of that of the last.
  former_runs uuid[] not null default '{}',
  avoided_nodes uuid[] not null default '{}',
  cancel_reason text,
  error_code text,
  error_message text,
  exit_code integer,
  usage jsonb,
  cost_usd double precision
);
create index dispatches_of_tenant on dispatches (tenant_id, created_at desc, id desc);
create index dispatches_waiting on dispatches (tenant_id, created_at, id) where status = 'pending';
create index dispatches_placed on dispatches (node_id) where run_id is not null and released_at is null;
create index dispatches_unreleased_of_tenant on dispatches (tenant_id) where run_id is not null and released_at is null;
create index dispatches_of_workspace on dispatches (workspace_id) where released_at is null;
create index dispatches_of_group on dispatches (attempt_group) where attempt_group is not null;
create index dispatches_ended on dispatches (ended_at) where ended_at is not null;

create table dispatch_transitions (
  dispatch_id uuid not null references dispatches (id) on delete cascade,
  ordinal integer not null,
  status text not null,
  at timestamptz not null default clock_timestamp(),
  reason text,
  primary key (dispatch_id, ordinal)
);

-- A tenant's secrets, sealed with the secret key. `model`: the key of a provider, by the name of the agent that uses it; it goes to
-- the relay beside the agent and never into its environment.
create table tenant_secrets (
  tenant_id uuid not null references tenants (id) on delete cascade,
  kind text not null check (kind in ('value', 'model')),
  name text not null,
  sealed bytea not null,
  created_at timestamptz not null default date_trunc('milliseconds', now()),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, kind, name)
);

-- The first key of agent-dispatch was made before its scopes were asked for.
update api_keys set scopes = '{admin}' where kind = 'otp' and scopes = '{}';
