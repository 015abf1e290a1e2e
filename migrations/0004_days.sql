-- Output and events by day: old days are dropped as tables, not deleted row by row.
-- Ids are UUIDv7, so a day is a range of ids, and all output of a run is in the partition of the day on which it began.
-- What there is stays where it is, as the default partition, which also takes what no day's partition covers. Days are
-- made and dropped by the controllers (src/core/days); no foreign key may refer to these tables.

alter table output_chunks rename to output_chunks_default;
alter index output_chunks_feed rename to output_chunks_default_feed;
alter table output_chunks_default drop constraint output_chunks_pkey;
alter table output_chunks_default add primary key (run_id, execution_id, ordinal);
-- Compressing output takes three times as long as writing it.
alter table output_chunks_default alter column data set storage external;

create table output_chunks (like output_chunks_default including defaults including storage) partition by range (run_id);
alter table output_chunks add primary key (run_id, execution_id, ordinal);
create index output_chunks_feed on output_chunks (run_id, feed_position);
alter table output_chunks attach partition output_chunks_default default;

alter table events rename to events_default;
alter index events_unrelayed rename to events_default_unrelayed;
alter index events_tenant rename to events_default_tenant;
alter table events_default rename constraint events_pkey to events_default_pkey;

create table events (like events_default including defaults including storage) partition by range (id);
alter table events add primary key (id);
create index events_unrelayed on events (created_at, id) where relayed_at is null;
create index events_tenant on events (tenant_id, created_at desc, id);
alter table events attach partition events_default default;
