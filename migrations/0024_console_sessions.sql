-- Sessions of browsers, and the links that open one. Neither holds a secret: a session is found by the hash of its cookie, and has the rights of
-- the key it was opened with (by the hash of that), or of the person that an issuer has named.
create table console_sessions (
  id uuid primary key,
  tenant_id uuid not null,
  hash bytea not null unique,
  key_hash bytea,
  person jsonb,
  subject text not null,
  name text not null,
  created_at timestamptz not null default now(),
  last_used_at timestamptz not null default now(),
  expires_at timestamptz not null,
  ended_at timestamptz,
  check ((key_hash is null) <> (person is null))
);
create index console_sessions_tenant on console_sessions (tenant_id, created_at desc);

create table console_links (
  hash bytea primary key,
  tenant_id uuid not null,
  key_hash bytea,
  person jsonb,
  subject text not null,
  name text not null,
  expires_at timestamptz not null,
  check ((key_hash is null) <> (person is null))
);
