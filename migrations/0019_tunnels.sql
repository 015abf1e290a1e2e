-- Tunnels that one controller wants from a node whose session another one holds. A row lives until it is read, a few seconds.
create table tunnel_requests (
  id uuid primary key,
  node_id uuid not null,
  -- What is to be reached and by whom it is waited for, sealed: a command may hold what is nobody's business.
  sealed bytea not null,
  expires_at timestamptz not null
);
create index tunnel_requests_expires_at on tunnel_requests (expires_at);
