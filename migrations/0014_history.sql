-- What was run and who ordered it, told once when a run starts: the command line or the script (its first 4,096 characters and the
-- SHA-256 of all of it), the arguments without secrets and with long ones cut, and the name of the caller. Null in runs of before.
-- `failure_count` is counted when the run ends, for lists of what went wrong.
alter table runs add column command text, add column command_sha256 bytea, add column args_head jsonb, add column caller text,
  add column failure_count integer;

create index runs_failed on runs (tenant_id, kind, created_at desc, id) where failure_count > 0;
