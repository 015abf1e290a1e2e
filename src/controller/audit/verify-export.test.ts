import { expect, test } from 'vitest';
import { AuditKeys } from '#core/audit/audit-keys.ts';
import type { AuditEntry } from '#core/audit/audit-trail.ts';
import { type ChainedEntry, type ChainHead, chainEntry, EMPTY_CHAIN, writeHead } from '#core/audit/chain.ts';
import { newId, type TenantId } from '#core/kernel/ids.ts';
import { writeCheckpoint } from './checkpoint.ts';
import { verifyExportFile } from './verify-export.ts';

const keys = new AuditKeys(Buffer.alloc(32, 1));
const tenantId = newId<TenantId>();
const AT = new Date('2026-03-01T10:00:00.123Z');

function rows(count: number): ChainedEntry[] {
  let head: ChainHead = EMPTY_CHAIN;
  return Array.from({ length: count }, (_, index) => {
    const who = { tenantId, subject: 'key-1', object: undefined, address: '127.0.0.1', outcome: 'ok' };
    const entry: AuditEntry = { ...who, action: `a.${index}`, requestId: newId(), facts: { z: 1, a: 'ü' }, at: AT };
    const next = chainEntry(keys.chainKey(tenantId), head, newId(), entry);
    head = next;
    return next;
  });
}

const chain = rows(5);

function lineOf(entry: ChainedEntry): string {
  const { id, chainPosition, at, subject, action, object = null, address = null, outcome, facts, hash } = entry;
  const place = {
    id,
    position: chainPosition,
    at: at.toISOString(),
    kind: entry.chainKind,
    hash: hash.toString('hex'),
  };
  return JSON.stringify({ ...place, subject, action, object, address, outcome, request_id: entry.requestId, facts });
}

function exportOf(entries: readonly ChainedEntry[], after: ChainHead = EMPTY_CHAIN): string[] {
  const behind = { position: after.chainPosition, hash: after.hash.toString('hex') };
  const header = { format: 'garrison-audit-export/1', tenant_id: tenantId, after: behind };
  return [JSON.stringify(header), ...entries.map(lineOf)];
}

function keyFile(of = keys, tenant = tenantId): string {
  const parts = { tenant_id: tenant, chain_key: of.chainKey(tenant).toString('hex'), checkpoint_key: of.publicKeyPem };
  return JSON.stringify({ format: 'garrison-audit-key/1', ...parts });
}

function checkpointAt(position: number, by = keys): string {
  const head = chain[position - 1] ?? EMPTY_CHAIN;
  return writeCheckpoint(by, { at: AT, heads: new Map([[tenantId, head]]) });
}

async function* linesOf(lines: readonly string[]) {
  yield* lines;
}

function verify(lines: readonly string[], more: { checkpoint?: string; since?: string; key?: string } = {}) {
  return verifyExportFile({ lines: linesOf(lines), key: keyFile(), ...more });
}

const headOf = (position: number) => writeHead(chain[position - 1] ?? EMPTY_CHAIN);

test('an export nobody touched is whole, also with a checkpoint and a head that were kept', async () => {
  const whole = { is_intact: true, rows: 5, unkeyed_rows: 0, broken_at: null, reason: null };
  expect(await verify(exportOf(chain))).toMatchObject(whole);
  expect(await verify(exportOf(chain), { checkpoint: checkpointAt(3), since: headOf(2) })).toMatchObject(whole);
  expect(await verify(exportOf(chain), { checkpoint: checkpointAt(5) })).toMatchObject(whole);
});

test('an export that begins later is whole from there on', async () => {
  const later = exportOf(chain.slice(2), chain[1]);
  expect(await verify(later, { checkpoint: checkpointAt(4), since: headOf(2) })).toMatchObject({
    is_intact: true,
    rows: 3,
  });
  await expect(verify(later, { since: headOf(1) })).rejects.toThrow('begins behind row 2');
});

const second = chain[1] as ChainedEntry; // there are five
const third = chain[2] as ChainedEntry;
const touched: [string, string[], object][] = [
  ['a row was rewritten', exportOf(chain.with(1, { ...second, subject: 'x' })), { broken_at: 2, reason: 'changed' }],
  ['a fact was rewritten', exportOf(chain.with(1, { ...second, facts: {} })), { broken_at: 2, reason: 'changed' }],
  ['a row was removed', exportOf(chain.toSpliced(1, 1)), { broken_at: 2, reason: 'removed' }],
  ['rows changed places', exportOf(chain.with(1, third).with(2, second)), { broken_at: 2, reason: 'removed' }],
  ['a row is there twice', exportOf(chain.toSpliced(1, 0, second)), { broken_at: 3, reason: 'removed' }],
  [
    'a row was called unkeyed',
    exportOf(chain.with(1, { ...second, chainKind: 'unkeyed' })),
    { broken_at: 2, reason: 'unkeyed' },
  ],
  ['its tail was cut off', exportOf(chain.slice(0, 2)), { broken_at: 3, reason: 'cut' }],
  ['nothing is left', exportOf([]), { broken_at: 1, reason: 'cut' }],
];

test.each(touched)('it is found that %s', async (_what, lines, found) => {
  expect(await verify(lines, { checkpoint: checkpointAt(3) })).toMatchObject({ is_intact: false, ...found });
});

test('another history with the right key does not pass for the one a checkpoint knows', async () => {
  expect(await verify(exportOf(rows(5)), { checkpoint: checkpointAt(3) })).toMatchObject({
    broken_at: 3,
    reason: 'replaced',
  });
});

test.each<[string, string[], { key?: string; checkpoint?: string }, string]>([
  ['a key of another tenant', exportOf(chain), { key: keyFile(keys, newId<TenantId>()) }, 'the key of tenant'],
  ['a key that is none', exportOf(chain), { key: 'x' }, 'not what garrison audit key prints'],
  [
    'a checkpoint of another installation',
    exportOf(chain),
    { checkpoint: checkpointAt(3, new AuditKeys(Buffer.alloc(32, 2))) },
    'signed by another',
  ],
  [
    'a checkpoint that was changed',
    exportOf(chain),
    { checkpoint: checkpointAt(3).replace('"position":3', '"position":2') },
    'was changed',
  ],
  ['no export', [], {}, 'line 1'],
  ['a line that is no row', [...exportOf(chain.slice(0, 2)), '{"id":1}'], {}, 'line 4'],
])('%s is refused', async (_what, lines, more, why) => {
  await expect(verify(lines, more)).rejects.toThrow(why);
});

test('a key of another installation finds every row changed', async () => {
  expect(await verify(exportOf(chain), { key: keyFile(new AuditKeys(Buffer.alloc(32, 2))) })).toMatchObject({
    broken_at: 1,
    reason: 'changed',
  });
});
