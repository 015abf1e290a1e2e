-- What opens a terminal, or a look at one, by a WebSocket: once, within half a minute, for the caller it was given to. Found by the hash of
-- its secret; what it is for is sealed, because words of a command may be secrets.
create table terminal_tickets (
  hash bytea primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  subject text not null,
  purpose bytea not null,
  expires_at timestamptz not null
);
create index terminal_tickets_subject on terminal_tickets (tenant_id, subject);
