-- breaking: older programs would write audit rows without a key; what still runs of them can change nothing any more

-- How the hash of a row is made: HMAC-SHA-256 with the key of the tenant's chain, or SHA-256 alone in rows from before.
-- Without a default, so that a program that knows no keys cannot write.
alter table audit add column chain_kind text not null default 'unkeyed' check (chain_kind in ('keyed', 'unkeyed'));
alter table audit alter column chain_kind drop default;

-- The head of each chain that was told last, by whichever controller came first.
create table audit_checkpoints (
  tenant_id uuid primary key,
  chain_position bigint not null,
  hash bytea not null,
  at timestamptz not null
);
