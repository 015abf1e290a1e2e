-- What a token or a person may reach by tunnels, terminals and the proxies. No row: whatever its scopes open.
create table reach_rules (
  tenant_id uuid not null references tenants (id),
  -- As in the audit log: the id of a key, the subject of a sign-in.
  subject text not null check (length(subject) between 1 and 255),
  -- Where it may go; nowhere else.
  allow jsonb not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, subject)
);
