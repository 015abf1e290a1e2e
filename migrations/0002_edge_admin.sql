-- Edge Admin: addresses of the overlay.

-- The node's address inside its cluster's range; null while it has none (the range may be full).
alter table nodes add column overlay_address inet;
create unique index nodes_overlay_address on nodes (cluster_id, overlay_address) where overlay_address is not null;

-- How many nodes there are, for capacity and limits.
create index nodes_unrevoked on nodes (cluster_id) where revoked_at is null;

-- The health an event last told (healthy, unhealthy, unreachable), so that changes are told once.
alter table nodes add column told_health text not null default 'unreachable';
