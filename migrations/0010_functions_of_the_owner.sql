-- The application reads and writes rows and owns no table. What it needs of the owner are these functions, which run as
-- whoever owns them: they make and drop the partition of one day, and can be told nothing else.

create function day_partition(parent text, day text) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if parent not in ('events', 'output_chunks') or day !~ '^[0-9]{8}$' then
    raise exception 'there is no day % of a table %', day, parent using errcode = 'invalid_parameter_value';
  end if;
  return parent || '_' || day;
end $$;

create function make_day(parent text, day text, first_id uuid, end_id uuid) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  partition text := day_partition(parent, day);
  key text := case parent when 'events' then 'id' else 'run_id' end;
  is_taken boolean;
begin
  execute format('select exists (select from %I where %I >= $1 and %2$I < $2)', parent || '_default', key)
    into is_taken using first_id, end_id;
  if is_taken then return; end if;
  execute format('create table %I (like %I including all)', partition, parent);
  execute format('alter table %I attach partition %I for values from (%L) to (%L)', parent, partition, first_id, end_id);
end $$;

create function drop_day(parent text, day text) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  execute format('drop table %I', day_partition(parent, day));
end $$;

create function dissolve_output_day(day text) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  partition text := day_partition('output_chunks', day);
begin
  execute format('alter table output_chunks detach partition %I', partition);
  execute format('insert into output_chunks_default
    select chunk.* from %I as chunk join runs on runs.id = chunk.run_id', partition);
  execute format('drop table %I', partition);
end $$;

revoke execute on function day_partition, make_day, drop_day, dissolve_output_day from public;
