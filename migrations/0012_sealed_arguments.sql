-- Arguments of a run that are secret (environment, standard input, contents of files), sealed with the secret key. `args` has
-- `[redacted]` in their place. Null where there are none, and in rows from before until a pass has sealed them.
alter table runs add column sealed_args bytea;
