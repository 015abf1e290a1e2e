-- What a machine is tagged with when it joins: said by whoever made the join secret, never by the host alone.
alter table enrollment_keys add column tags text[] not null default '{}';
alter table enrollment_tokens add column tags text[] not null default '{}';
