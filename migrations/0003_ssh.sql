-- SSH: who may log in on a node, and by what.

create table ssh_usernames (
  id uuid primary key,
  tenant_id uuid not null references tenants on delete cascade,
  node_id uuid not null references nodes on delete cascade,
  username text not null,
  -- Argon2id in PHC form; null: no password opens it
  password_hash text,
  inserted_at timestamptz not null,
  updated_at timestamptz not null,
  unique (node_id, username)
);
create index ssh_usernames_tenant on ssh_usernames (tenant_id, inserted_at desc, id);

create table ssh_public_keys (
  id uuid primary key,
  tenant_id uuid not null references tenants on delete cascade,
  ssh_username_id uuid not null references ssh_usernames on delete cascade,
  name text not null,
  -- as it was given: algorithm, base64, comment
  public_key text not null,
  inserted_at timestamptz not null,
  updated_at timestamptz not null,
  unique (ssh_username_id, name)
);
create index ssh_public_keys_tenant on ssh_public_keys (tenant_id, inserted_at desc, id);
