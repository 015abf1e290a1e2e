import type { PostgresConnection } from '#adapters/postgres/connection.ts';

/** The same place as one URL, as `DATABASE_URL` takes it. */
export function connectionUrl(connection: PostgresConnection): string {
  if (typeof connection === 'string') return connection;
  const url = new URL('postgresql://localhost');
  url.username = encodeURIComponent(connection.user);
  if (connection.password !== undefined) url.password = encodeURIComponent(connection.password);
  url.pathname = `/${encodeURIComponent(connection.database)}`;
  if (connection.port !== undefined) url.port = String(connection.port);
  if (connection.host.startsWith('/')) url.searchParams.set('host', connection.host);
  else url.hostname = connection.host.includes(':') ? `[${connection.host}]` : connection.host;
  return url.href;
}

/** The same server, another database. */
export function onDatabase(connection: PostgresConnection, database: string): PostgresConnection {
  if (typeof connection !== 'string') return { ...connection, database };
  const url = new URL(connection);
  url.pathname = `/${encodeURIComponent(database)}`;
  return url.href;
}
