-- What was previewed and is too long for the text of its pin, sealed; for as long as the pin is good.
create table kept_pins (
  id uuid primary key,
  tenant_id uuid not null references tenants (id) on delete cascade,
  subject text not null,
  sealed bytea not null,
  expires_at timestamptz not null
);
create index kept_pins_subject on kept_pins (tenant_id, subject, id);
create index kept_pins_expired on kept_pins (expires_at);

-- SHA-256 of the pin a run was started with: one pin starts one run.
alter table runs add column pin_hash bytea check (length(pin_hash) = 32);
create unique index runs_pin on runs (pin_hash) where pin_hash is not null;
