/**
 * How long does a revocation list of 10,000 and of 100,000 entries take?
 *
 * Once signed and encoded from memory, and once published as after a revocation: entries read from an embedded PostgreSQL, list
 * signed, stored and taken. Budget (DESIGN §11): 200 ms for 10,000. Beside it `openssl ca -gencrl` over an index of the same
 * size.
 *
 *   node bench/pki-revocation-lists.ts [--save]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pki } from '#adapters/pki/pki.ts';
import { newId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import { startCertificates } from '../test/support/certificates.ts';
import { benchDatabase } from './support/bench-database.ts';
import { type Figure, publish } from './support/report.ts';

const RUNS = 7;
const directory = mkdtempSync(join(tmpdir(), 'garrison-bench-'));
const figures: Figure[] = [];
for (const size of [10_000, 100_000]) figures.push(...(await measure(size)));
rmSync(directory, { recursive: true });

await publish({
  name: 'pki-revocation-lists',
  question: 'How long does a revocation list take?',
  figures,
  notes: [
    'Reason codes in every entry. One core; published means read from the database, signed, and stored there again.',
  ],
});

async function measure(size: number): Promise<Figure[]> {
  const { db, close } = await benchDatabase();
  const services = await startCertificates({ db });
  const { id, signer } = services.authorities.issuing;
  await db.execute(sql`
    insert into certificates (serial, tenant_id, authority_id, node_id, purpose, subject, fingerprint, public_key_hash,
      certificate, not_before, not_after, revoked_at, revocation_reason)
    select upper('7' || lpad(to_hex(n), 31, '0')), ${newId()}, ${id}, gen_random_uuid(), 'node', '',
      sha256(n::text::bytea), '', '', now(), now() + interval '90 days', now(), 5
    from generate_series(1, ${size}) as n`);
  const now = new Date();
  const entries = Array.from({ length: size }, (_, n) => ({
    serial: `7${n.toString(16).padStart(31, '0')}`.toUpperCase(),
    revokedAt: now,
    reason: 'cessationOfOperation' as const,
  }));
  const list = { number: 1n, thisUpdate: now, nextUpdate: new Date(now.getTime() + 86_400_000), entries };
  const yardstick = { what: 'openssl ca -gencrl', values: await times(opensslList(size)) };
  const signed = await times(async () => void pki.signRevocationList(signer, list));
  let revoked = 0;
  const published = await times(
    async () => {
      revoked += 1;
      await services.revocationLists.publish();
    },
    async () => {
      await db.execute(sql`update certificates set revoked_at = now() where serial = (
      select serial from certificates where authority_id = ${id} offset ${revoked} limit 1)`);
    },
  );
  await services.stop();
  await close();
  const name = size.toLocaleString('en');
  return [
    {
      what: `${name} entries signed and encoded`,
      unit: 'ms',
      values: signed,
      yardstick,
      ...(size === 10_000 && { atMost: 200 }),
    },
    {
      what: `${name} entries published after a revocation`,
      unit: 'ms',
      values: published,
      yardstick,
      ...(size === 10_000 && { atMost: 200 }),
    },
  ];
}

async function times(
  work: () => Promise<void>,
  before: () => Promise<void> = async () => undefined,
): Promise<number[]> {
  const values: number[] = [];
  for (let run = 0; run <= RUNS; run++) {
    await before();
    const from = performance.now();
    await work();
    if (run > 0) values.push(performance.now() - from); // the first one warms up
  }
  return values;
}

function opensslList(size: number): () => Promise<void> {
  const root = pki.createAuthority({
    commonName: 'Bench',
    notBefore: new Date(),
    notAfter: new Date(Date.now() + 86_400_000),
  });
  const line = (n: number) =>
    `R\t270101000000Z\t260101000000Z,cessationOfOperation\t7${n.toString(16).padStart(31, '0').toUpperCase()}\tunknown\t/CN=node-${n}\n`;
  writeFileSync(join(directory, 'ca.pem'), root.certificate.pem);
  writeFileSync(join(directory, 'ca.key'), root.privateKeyPem);
  writeFileSync(join(directory, 'index.txt'), Array.from({ length: size }, (_, n) => line(n)).join(''));
  writeFileSync(join(directory, 'number'), '01\n');
  const settings =
    'database = index.txt\ncertificate = ca.pem\nprivate_key = ca.key\ncrlnumber = number\ndefault_md = sha256\ndefault_crl_days = 1\n';
  writeFileSync(join(directory, 'openssl.cnf'), `[ca]\ndefault_ca = one\n[one]\n${settings}`);
  return async () => {
    execFileSync('openssl', ['ca', '-config', 'openssl.cnf', '-gencrl', '-out', 'list.pem'], {
      cwd: directory,
      stdio: 'pipe',
    });
  };
}
