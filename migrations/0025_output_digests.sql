-- What an execution said, as digests: a run is read by groups without reading its output again.
alter table executions add column output_digest bytea;
alter table executions add column normal_output_digest bytea;
