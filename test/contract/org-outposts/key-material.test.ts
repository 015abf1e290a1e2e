import { afterAll, beforeAll, expect, test } from 'vitest';
import { rawSql } from '#core/kernel/sql.ts';
import type { Log } from '#runtime/log.ts';
import { type Bundle, MINIMAL_BEAT, type OrgOutpostsApp, orgOutpostsApp } from '#test/support/org-outposts-app.ts';

const logged: string[] = [];
const log: Log = recordingLog();

let fleet: OrgOutpostsApp;
let bundles: Bundle[];

/** Everything that is done with outposts, well and badly. */
beforeAll(async () => {
  fleet = await orgOutpostsApp({ log });
  const first = await fleet.register();
  const renewed = (await fleet.call('POST', fleet.path(first.outpost.id, '/renew'), { body: {} })).json();
  const headers = { 'idempotency-key': 'once' };
  const body = { outpost_name: 'kept', region: 'r' };
  const kept = (await fleet.call('POST', `/v1/orgs/${fleet.org.id}/outposts`, { body, headers })).json();
  await fleet.call('POST', `/v1/orgs/${fleet.org.id}/outposts`, { body, headers });
  await fleet.call('POST', `/v1/orgs/${fleet.org.id}/outposts`, { body: { outpost_name: renewed.client_key } });
  await fleet.call('POST', fleet.path(first.outpost.id, '/heartbeat'), { body: MINIMAL_BEAT });
  await fleet.call('DELETE', fleet.path(first.outpost.id));
  bundles = [first, renewed, kept];
});

afterAll(() => fleet.close());

/** What cannot be in a text that does not hold the key: every line of its base64. */
function secretsOf({ client_key }: Bundle): string[] {
  const lines = client_key.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
  return ['BEGIN EC PRIVATE KEY', ...lines];
}

function expectClean(where: string, text: string): void {
  for (const secret of bundles.flatMap(secretsOf))
    expect(text.includes(secret), `${where} holds ${secret.slice(0, 12)}…`).toBe(false);
}

test('no table holds a private key or an org’s key, in any column', async () => {
  const { db } = fleet.database;
  const tables = await db.query<{ name: string }>(
    rawSql(`select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public'`),
  );
  expect(tables.length).toBeGreaterThan(15);
  for (const { name } of tables) {
    const rows = await db.query<{ row: string }>(rawSql(`select ${name}::text as row from ${name}`));
    const text = rows.map(({ row }) => row + unhexed(row)).join('\n');
    expectClean(`table ${name}`, text);
    for (const key of [fleet.org.key, fleet.other.key, fleet.masterKey])
      expect(text.includes(key), `table ${name} holds a key`).toBe(false);
  }
});

/** Bytes are written as hex: what they say is looked at too. */
function unhexed(row: string): string {
  return [...row.matchAll(/\\x([0-9a-f]{40,})/g)]
    .map(([, hex]) => Buffer.from(hex ?? '', 'hex').toString('latin1'))
    .join('\n');
}

test('no list, record, published file, audit row or log line holds one', async () => {
  const paths = [
    `/v1/orgs/${fleet.org.id}/outposts`,
    ...bundles.map(({ outpost }) => fleet.path(outpost.id)),
    '/pki/ca.pem',
    '/pki/crl.pem',
  ];
  for (const path of paths) expectClean(path, (await fleet.call('GET', path)).body);
  expectClean('the audit log', JSON.stringify(fleet.audited));
  expectClean('the log', logged.join('\n'));
});

test('the search finds a key where there is one', () => {
  const [bundle] = bundles;
  expect(() => expectClean('the answer itself', JSON.stringify(bundle).replaceAll('\\n', '\n'))).toThrow(
    /the answer itself holds/,
  );
});

function recordingLog(): Log {
  const write = (facts: object, message: string) => void logged.push(JSON.stringify([facts, message]));
  return { debug: write, info: write, warn: write, error: write, child: () => recordingLog() };
}
