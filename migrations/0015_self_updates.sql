-- What is kept of a self-update request beside its run: whose acceptance was told, and what the request came to.

create table self_updates (
  run_id uuid primary key references runs on delete cascade,
  completed_at timestamptz not null,
  total int not null check (total >= 0),
  triggered int not null check (triggered >= 0),
  failed int not null check (failed >= 0)
);

create table self_update_triggers (
  execution_id uuid primary key references executions on delete cascade,
  told_at timestamptz not null default now()
);

create index runs_self_updates on runs (tenant_id, created_at, id) where kind = 'self_update';
