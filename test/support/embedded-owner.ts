import { EmbeddedPostgres, type EmbeddedPostgresOptions } from '#adapters/postgres/embedded.ts';

/** A process that owns an embedded database until it is killed. Started by tests with `fork`; sends the server's pid. */
const options = JSON.parse(process.argv[2] ?? '{}') as EmbeddedPostgresOptions;
const postgres = new EmbeddedPostgres(options);
await postgres.start();
process.send?.({ serverPid: await postgres.pid() });
