-- The newest figures of each node. Unlogged: they are told anew every half minute, so a crash of the server costs nobody
-- anything, and a large fleet would write tens of gigabytes of log a day for them. A migration that changes what the
-- documents hold empties the table.

create unlogged table node_metrics (
  node_id uuid primary key references nodes on delete cascade,
  -- by the clock of the controller that took them
  received_at timestamptz not null,
  -- null: not told
  host jsonb,
  daemon jsonb
) with (fillfactor = 50);
