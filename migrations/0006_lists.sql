-- Lists: pages of executions, however deep, are found without reading the executions themselves. The run is in the index
-- because lists of commands leave out what belongs to other kinds of runs.

drop index executions_tenant;
create index executions_tenant on executions (tenant_id, created_at desc, id) include (run_id);
