-- A dispatch whose budget is spent may wait until somebody has given it more.
alter table dispatches
  add column budget_demand jsonb,
  add column added_tokens bigint not null default 0,
  add column added_requests bigint not null default 0,
  add column parked_at timestamptz,
  add column parked_reason text,
  add column budget_approval_id uuid,
  -- Why it is given no more.
  add column budget_refused text;

create index dispatches_budget_approval on dispatches (budget_approval_id) where budget_approval_id is not null;

alter table approvals drop constraint approvals_kind_check;
alter table approvals add constraint approvals_kind_check
  check (kind in ('run', 'dispatch', 'budget', 'tunnel', 'workspace'));
