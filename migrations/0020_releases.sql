-- Releases of the program, for nodes to be brought to. The bytes are in the artifact store, under the installation's own tenant;
-- `kept_by` is the controller on whose disk they are, null where every controller reaches them. `stored_at` is null until they are all there.
create table releases (
  id uuid primary key,
  kind text not null check (kind in ('node', 'full')),
  version text not null,
  platform text not null,
  counter bigint not null,
  protocols int[] not null,
  size_bytes bigint not null,
  sha256 bytea not null check (length(sha256) = 32),
  signature text not null,
  kept_by uuid,
  announced_by text not null,
  announced_at timestamptz not null,
  stored_at timestamptz,
  withdrawn_at timestamptz
);
create unique index releases_counter on releases (kind, platform, counter) where stored_at is not null;
create index releases_sha256 on releases (sha256);

-- The public key that releases are signed with; the secret one is on no controller.
create table release_keys (
  is_present boolean primary key default true check (is_present),
  public_key text not null,
  set_at timestamptz not null,
  set_by text not null
);
