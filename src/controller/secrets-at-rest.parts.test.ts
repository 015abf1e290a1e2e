import { afterAll, beforeAll, expect, test } from 'vitest';
import { rawSql } from '#core/kernel/sql.ts';
import { startTestController, type TestController } from '#test/support/controller.ts';

let controller: TestController;

beforeAll(async () => {
  controller = await startTestController({ env: { DEFAULT_CLUSTER_NAME: 'harbour' } });
});

afterAll(() => controller?.close());

/** Makes one of everything that is a secret, and returns what was shown once. */
async function makeSecrets(): Promise<Record<string, string>> {
  const create = async (path: string, body: object) => {
    const answer = await controller.call<Record<string, string> & { data: { key: string } }>('POST', path, body);
    expect([path, answer.status]).toEqual([path, 201]);
    return answer.body;
  };
  const { masterKey, apiKey, metricsKey, proxyKey, secretKey } = controller.secrets;
  return {
    'master key': masterKey.reveal(),
    'API key': apiKey.reveal(),
    'metrics key': metricsKey.reveal(),
    'proxy key': proxyKey.reveal(),
    'secret key': secretKey.reveal(),
    'scoped token': (await create('/v1/keys', { name: 'k', scopes: ['aegis.edge.enroll'] })).api_key ?? '',
    'enrolment key': (await create('/api/v1/clusters/harbour/enrollment_keys', {})).data.key,
    'enrolment token': (await create('/v1/edge/enrollment-tokens', { name: 'host' })).token ?? '',
    'key of an organisation': (await create('/v1/orgs', { name: 'org' })).api_key ?? '',
    'key of an outpost': await registerOutpost(),
  };
}

/** Its private key, which the controller makes and keeps nowhere. */
async function registerOutpost(): Promise<string> {
  const answer = await fetch(`${controller.api}/v1/orgs/${controller.orgId}/outposts`, {
    method: 'POST',
    headers: { 'x-api-key': controller.secrets.masterKey.reveal(), 'content-type': 'application/json' },
    body: '{"outpost_name":"o","region":"eu"}',
  });
  return ((await answer.json()) as { client_key: string }).client_key;
}

/** Every row of every table, as whoever has a copy of the database reads it. */
async function wholeDatabase(): Promise<string> {
  const { db } = controller.database;
  const tables = await db.query<{ name: string }>(
    rawSql(`select quote_ident(relname) as name from pg_class
            where relkind in ('r', 'p') and not relispartition and relnamespace = 'public'::regnamespace`),
  );
  const rows = await Promise.all(
    tables.map(({ name }) => db.query<{ line: string }>(rawSql(`select t::text as line from public.${name} t`))),
  );
  return rows.flatMap((lines) => lines.map(({ line }) => line)).join('\n');
}

test('who has a copy of the database has no secret in clear: neither key nor token nor private key', async () => {
  const secrets = await makeSecrets();
  const copy = await wholeDatabase();
  expect(copy.length).toBeGreaterThan(5_000);
  for (const [name, secret] of Object.entries(secrets)) {
    expect(secret.length, name).toBeGreaterThan(20);
    const spellings = [secret, secret.split('_').at(-1) ?? secret, Buffer.from(secret).toString('hex')];
    expect(
      spellings.filter((spelling) => copy.includes(spelling)),
      name,
    ).toEqual([]);
  }
  const pem = ['PRIVATE KEY', Buffer.from('PRIVATE KEY').toString('hex')];
  expect(pem.filter((spelling) => copy.includes(spelling))).toEqual([]);
});
