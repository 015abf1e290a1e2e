import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '#core/kernel/clock.ts';
import { sql } from '#core/kernel/sql.ts';
import { statusOf } from '#core/outposts/outpost.ts';
import { getOutpost } from '#core/outposts/register-outpost.ts';
import { tellStatusChanges } from '#core/outposts/tell-status-changes.ts';
import { MINIMAL_BEAT, type OrgOutpostsApp, orgOutpostsApp } from '#test/support/org-outposts-app.ts';
import { contextOf } from '#test/support/seed-nodes.ts';

let clock: ManualClock;
let fleet: OrgOutpostsApp;

beforeEach(async () => {
  clock = new ManualClock(Date.now());
  fleet = await orgOutpostsApp({ clock });
});

afterEach(() => fleet.close());

const read = async (id: string) => (await fleet.call('GET', fleet.path(id))).json();
const beat = (id: string, body: unknown = MINIMAL_BEAT) => fleet.call('POST', fleet.path(id, '/heartbeat'), { body });

test('an outpost is inactive after 360 s without a sign of life, and active again with one', async () => {
  const { outpost } = await fleet.register();
  clock.advance(360_000);
  expect((await read(outpost.id)).status).toBe('active');
  clock.advance(1);
  expect((await read(outpost.id)).status).toBe('inactive');
  await beat(outpost.id);
  expect((await read(outpost.id)).status).toBe('active');
});

test('a session of its daemon is a sign of life too', async () => {
  const { outpost } = await fleet.register();
  clock.advance(400_000);
  await fleet.database.db.execute(sql`update nodes set last_seen_at = ${clock.now()} where id = ${outpost.id}`);
  expect(await read(outpost.id)).toMatchObject({ status: 'active', last_seen: null });
});

test('a certificate that has ended counts more than silence, and a renewal ends it', async () => {
  const { outpost } = await fleet.register();
  clock.advance(Date.parse(outpost.cert_expires_at) - clock.millis() - 1);
  expect((await read(outpost.id)).status).toBe('inactive');
  clock.advance(1);
  expect((await read(outpost.id)).status).toBe('cert_expired');
  await beat(outpost.id);
  expect((await read(outpost.id)).status).toBe('cert_expired');
  expect((await fleet.call('POST', fleet.path(outpost.id, '/renew'))).json().outpost.status).toBe('active');
});

test('a node revoked through another contract is a deregistered outpost; a deleted one is gone', async () => {
  const [revoked, deleted] = [await fleet.register(), await fleet.register()];
  await fleet.database.db.execute(sql`update nodes set revoked_at = ${clock.now()} where id = ${revoked.outpost.id}`);
  await fleet.database.db.execute(sql`delete from nodes where id = ${deleted.outpost.id}`);
  expect(await read(revoked.outpost.id)).toMatchObject({
    status: 'deregistered',
    deregistered_at: expect.any(String),
  });
  expect((await beat(revoked.outpost.id)).statusCode).toBe(409);
  expect((await fleet.call('GET', fleet.path(deleted.outpost.id))).statusCode).toBe(404);
});

test('every change of status is told once', async () => {
  const { outpost } = await fleet.register();
  const tell = async () => {
    await tellStatusChanges({ db: fleet.database.db, clock });
    const rows = await fleet.database.db.query<{ status: string }>(sql`
      select data->>'status' as status from events where type = 'outpost.status_changed' order by created_at, id`);
    return rows.map(({ status }) => status);
  };
  expect(await tell()).toEqual([]);
  clock.advance(360_001);
  expect(await tell()).toEqual(['inactive']);
  expect(await tell()).toEqual(['inactive']);
  await beat(outpost.id);
  expect(await tell()).toEqual(['inactive', 'active']);
  clock.advance(91 * 86_400_000);
  expect(await tell()).toEqual(['inactive', 'active', 'cert_expired']);
  await fleet.call('DELETE', fleet.path(outpost.id));
  expect((await tell()).at(-1)).toBe('deregistered');
});

test('SQL and code agree on the status of every combination of facts', async () => {
  const ctx = contextOf({ tenantId: fleet.org.id }, clock);
  const outposts = [];
  const day = 86_400_000;
  for (const revokedAt of [null, 0]) {
    for (const certEndsIn of [-1, 0, day]) {
      for (const seenAgo of [null, 0, 360_000, 360_001]) {
        for (const sessionAgo of [null, 0, 360_001]) {
          const { outpost } = await fleet.register();
          outposts.push({ id: outpost.id, revokedAt, certEndsIn, seenAgo, sessionAgo });
        }
      }
    }
  }
  clock.advance(day);
  const at = (ms: number | null) => (ms === null ? null : new Date(clock.millis() - ms));
  for (const { id, revokedAt, certEndsIn, seenAgo, sessionAgo } of outposts) {
    await fleet.database.db.execute(
      sql`update nodes set revoked_at = ${at(revokedAt)}, last_seen_at = ${at(sessionAgo)} where id = ${id}`,
    );
    await fleet.database.db.execute(
      sql`update outposts set last_seen_at = ${at(seenAgo)}, told_status = 'active' where node_id = ${id}`,
    );
    await fleet.database.db.execute(sql`update certificates set not_after = ${at(-certEndsIn)} where node_id = ${id}`);
  }
  await tellStatusChanges({ db: fleet.database.db, clock });
  const told = await fleet.database.db.query<{ id: string; status: string }>(
    sql`select node_id as id, told_status as status from outposts`,
  );
  for (const { id, ...facts } of outposts) {
    const outpost = await getOutpost(ctx, fleet.deps, id);
    expect(told.find((row) => row.id === id)?.status, JSON.stringify(facts)).toBe(
      statusOf(outpost, clock.now(), 360_000),
    );
  }
  expect(new Set(told.map(({ status }) => status))).toEqual(
    new Set(['active', 'inactive', 'cert_expired', 'deregistered']),
  );
});
