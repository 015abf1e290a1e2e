-- A tenant's credentials for a git host, beside the keys of providers of models.
alter table tenant_secrets drop constraint tenant_secrets_kind_check;
alter table tenant_secrets add constraint tenant_secrets_kind_check check (kind in ('value', 'model', 'git'));
