import { path, secret, wholeNumber } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';

/** Which database, and how much of it. */
export const databaseSettings = {
  databaseUrl: {
    section: 'Database',
    kind: secret('a URL such as postgresql://user:password@host:5432/garrison', /^postgres(ql)?:\/\//),
    env: ['DATABASE_URL'],
    flag: 'database-url',
    defaultText: 'the embedded PostgreSQL in the data directory',
    description: 'PostgreSQL 15 or newer. Controllers that are given the same one form one system.',
  },
  migrationDatabaseUrl: {
    section: 'Database',
    kind: secret('a URL such as postgresql://owner:password@host:5432/garrison', /^postgres(ql)?:\/\//),
    env: ['GARRISON_MIGRATION_DATABASE_URL'],
    defaultText: '`DATABASE_URL`',
    description:
      'The same database as its owner: migrations and restore use it, so that the role of `DATABASE_URL` needs no more than to connect.',
  },
  directDatabaseUrl: {
    section: 'Database',
    kind: secret('a URL such as postgresql://user:password@host:5432/garrison', /^postgres(ql)?:\/\//),
    env: ['GARRISON_DIRECT_DATABASE_URL'],
    defaultText: '`DATABASE_URL`',
    description:
      'The same database without the pooler (PgBouncer) that `DATABASE_URL` leads through: for what needs a session of its own, which is LISTEN, the lease and migrations.',
  },
  postgresPrograms: {
    section: 'Database',
    kind: path,
    env: ['PG_BINDIR'],
    defaultText: 'those that npm has brought',
    description: 'Directory of `initdb` and `postgres` (15 or newer) for the embedded database.',
  },
  databaseConnections: {
    section: 'Database',
    kind: wholeNumber(2, 500),
    env: ['GARRISON_DATABASE_CONNECTIONS'],
    default: 20,
    description:
      'Most connections this controller opens, beside one for the bus and one for its lease; fewer where the role or the server allows fewer, and 8 in all are enough. The embedded server allows 60.',
  },
} as const satisfies Settings;
