-- Sessions of the console in browsers. A row begins with the link that opens it, or with a key that is exchanged, and has
-- the rights of that key. Link and cookie are kept as hashes.
create table console_sessions (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  key_id uuid references api_keys (id) on delete cascade,
  key_kind text not null,
  subject text not null,
  name text not null,
  scopes text[],
  is_master boolean not null,
  link_hash bytea unique,
  link_ends_at timestamptz,
  token_hash bytea unique,
  address text,
  browser text,
  created_at timestamptz not null,
  used_at timestamptz not null,
  ends_at timestamptz not null,
  ended_at timestamptz
);
create index console_sessions_of_tenant on console_sessions (tenant_id, created_at, id);
create index console_sessions_ended on console_sessions (ends_at);
