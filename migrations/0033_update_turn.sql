-- Controllers of one database go to another release one at a time: whose turn it is.
create table update_turns (
  is_present boolean primary key default true check (is_present),
  id uuid not null,
  held_by text not null,
  ends_at timestamptz not null
);
