-- Up to when a controller has read what its nodes sent: silence of a node counts up to then. Null: a controller that does not say.

alter table controllers add column read_at timestamptz;
