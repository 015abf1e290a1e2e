-- What of a tenant or a token needs somebody's consent before it starts, and how much a token may do. A token knows who made it:
-- what takes two people cannot be consented to by another token of the same one.
alter table tenants add column approval_policy jsonb;
alter table api_keys add column approval_policy jsonb, add column budget jsonb, add column person text;

-- What waits for consent, and what was consented to. `about` is the run or the dispatch that is held, or the SHA-256 of what may be
-- repeated once it is approved (a terminal, a tunnel, the deletion of a workspace).
create table approvals (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  kind text not null check (kind in ('run', 'dispatch', 'tunnel', 'workspace')),
  about text not null,
  state text not null default 'waiting' check (state in ('waiting', 'approved', 'denied', 'expired', 'withdrawn')),
  approver text not null check (approver in ('self', 'other')),
  needs_reason boolean not null,
  summary jsonb not null,
  asked_by text not null,
  asker text not null,
  person text not null,
  asked_at timestamptz not null,
  expires_at timestamptz not null,
  decided_at timestamptz,
  decided_by text,
  decider text,
  reason text
);
create unique index approvals_waiting on approvals (tenant_id, kind, about) where state = 'waiting';
create index approvals_about on approvals (tenant_id, kind, about, asked_at desc);
create index approvals_tenant on approvals (tenant_id, asked_at desc, id);
create index approvals_due on approvals (expires_at) where state = 'waiting';

alter table runs add column approval_id uuid, add column is_held boolean not null default false;
alter table dispatches add column approval_id uuid, add column is_held boolean not null default false;
create index runs_approval on runs (approval_id) where approval_id is not null;
create index dispatches_approval on dispatches (approval_id) where approval_id is not null;
