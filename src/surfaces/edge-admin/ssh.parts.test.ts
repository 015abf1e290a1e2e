import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sql } from '#core/kernel/sql.ts';
import { type EdgeAdminApp, edgeAdminApp } from '#test/support/edge-admin-app.ts';
import { seedNodes } from '#test/support/seed-nodes.ts';

let admin: EdgeAdminApp;
beforeAll(async () => {
  admin = await edgeAdminApp();
});
afterAll(() => admin.close());

function ed25519(): string {
  const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
  const fields = [Buffer.from('ssh-ed25519'), Buffer.from(x ?? '', 'base64url')];
  const parts = fields.flatMap((bytes) => [Buffer.of(0, 0, 0, bytes.length), bytes]);
  return `ssh-ed25519 ${Buffer.concat(parts).toString('base64')}`;
}

async function create(body: object) {
  const [node] = await seedNodes(admin.database.db, admin.tenant, [{}]);
  return { node, answer: await admin.call('POST', `/api/v1/nodes/${node}/ssh_usernames`, { body }) };
}

test('a username with its keys is one thing: with a key that is none, nothing is made', async () => {
  const keys = [
    { key_name: 'good', public_key: ed25519() },
    { key_name: 'bad', public_key: 'ssh-ed25519 AAAA' },
    { key_name: 'good', public_key: ed25519() },
  ];
  const { node, answer } = await create({ username: 'alice', public_keys: keys });
  expect([answer.statusCode, answer.json().error.details]).toEqual([
    422,
    { public_keys: ['key 1: is cut off, or is not a public key', 'key_name good is there more than once'] },
  ]);
  expect((await admin.call('GET', `/api/v1/ssh_usernames?node_id=${node}`)).json().data).toEqual([]);
});

test('a key of no known form is 400, one that holds something else 422', async () => {
  const { answer } = await create({ username: 'keyless', password: 'a long enough password' });
  const path = `/api/v1/ssh_usernames/${answer.json().data.id}/ssh_public_keys`;
  const statusOf = async (public_key: string) =>
    (await admin.call('POST', path, { body: { key_name: 'a', public_key } })).statusCode;
  expect(await statusOf('no key')).toBe(400);
  expect(await statusOf('ssh-dss AAAAB3NzaC1kc3M=')).toBe(400);
  expect(await statusOf('ssh-ed25519 AAAA')).toBe(422);
});

test('the password is kept as a hash and shown to nobody', async () => {
  const password = 'correct horse battery';
  const { answer } = await create({ username: 'bob', password });
  expect(answer.json().data).toMatchObject({ username: 'bob', has_password: true, public_keys: [] });
  expect(answer.body).not.toContain(password);
  const [row] = await admin.database.db.query<{ hash: string }>(sql`
    select password_hash as hash from ssh_usernames where id = ${answer.json().data.id}`);
  expect(row?.hash).toMatch(/^\$argon2id\$/);
});

test('names are unique on a node, names of keys in a username, and both go with what they belong to', async () => {
  const { node, answer } = await create({ username: 'carol', public_keys: [{ key_name: 'k', public_key: ed25519() }] });
  const { id } = answer.json().data;
  const again = await admin.call('POST', `/api/v1/nodes/${node}/ssh_usernames`, { body: { username: 'carol' } });
  expect([again.statusCode, again.json().error.message]).toEqual([409, 'username has already been taken']);
  const path = `/api/v1/ssh_usernames/${id}/ssh_public_keys`;
  const taken = await admin.call('POST', path, { body: { key_name: 'k', public_key: ed25519() } });
  expect([taken.statusCode, taken.json().error.message]).toEqual([409, 'key_name has already been taken']);
  expect((await admin.call('DELETE', `/api/v1/nodes/${node}`)).statusCode).toBe(204);
  expect((await admin.call('GET', `/api/v1/ssh_usernames/${id}`)).statusCode).toBe(404);
  expect((await admin.call('GET', `/api/v1/ssh_public_keys?ssh_username_id=${id}`)).json().data).toEqual([]);
});

test('keys are found by username, node and cluster', async () => {
  const { node, answer } = await create({ username: 'dave', public_keys: [{ key_name: 'k', public_key: ed25519() }] });
  const found = async (query: string) =>
    (await admin.call('GET', `/api/v1/ssh_public_keys?${query}`)).json().meta.pagination.total_count;
  const cluster = admin.tenant.clusterName;
  expect(await found(`username=DA*&node_id=${node}&cluster_name=${cluster}`)).toBe(1);
  expect(await found(`username=dave&cluster_name=none`)).toBe(0);
  expect(await found(`ssh_username_id=${answer.json().data.id}&order_by=key_name`)).toBe(1);
});
