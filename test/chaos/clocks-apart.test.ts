/** Machines whose clocks are wrong: controllers among themselves, and nodes by an hour. */
import { afterEach, expect, test } from 'vitest';
import { testDatabase } from '#test/support/database.ts';
import { Installation, script, until } from '#test/support/installation.ts';
import { garrison } from '#test/support/program.ts';
import { hasWrongClocks, wrongClock } from '#test/support/wrong-clock.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

test.skipIf(!hasWrongClocks)(
  'two controllers whose clocks are 15 s apart keep all nodes of both (needs faketime)',
  async () => {
    const database = await testDatabase();
    open.push(() => database.close());
    const right = await Installation.start({
      env: { DATABASE_URL: database.url, GARRISON_CONTROLLER_NAME: 'right' },
    });
    open.push(() => right.close());
    const ahead = await Installation.start({
      joins: { databaseUrl: database.url, secretKey: right.secretKey() },
      env: { GARRISON_CONTROLLER_NAME: 'ahead', ...wrongClock('+15s') },
    });
    open.push(() => ahead.close());
    await right.addNode('of-right');
    await ahead.addNode('of-ahead');
    for (const site of [right, ahead, right, ahead]) {
      const events = await site.run({ target: { All: null }, ...script('sleep 2') });
      expect(events.at(-1)).toMatchObject({ data: { summary: { ok: 2, err: 0 } } });
    }
    const metrics = await fetch(`${ahead.ready.api}/metrics`, {
      headers: { authorization: `Bearer ${ahead.ready.masterKey}` },
    });
    const skew = /^garrison_clock_skew_seconds (\S+)/m.exec(await metrics.text())?.[1];
    expect(Number(skew)).toBeCloseTo(15, 0);
    for (const { log } of [...right.daemons, ...ahead.daemons]) expect(log).not.toContain('there is no session');
  },
);

test.skipIf(!hasWrongClocks)(
  'nodes that are an hour behind and an hour ahead join, work, and keep deadlines (needs faketime)',
  async () => {
    const site = await Installation.start();
    open.push(() => site.close());
    await site.addNode('behind', {}, garrison, wrongClock('-1h'));
    await site.addNode('ahead', {}, garrison, wrongClock('+1h'));
    const events = await site.run({ target: { All: null }, ...script('true') });
    expect(events.at(-1)).toMatchObject({ data: { summary: { ok: 2, err: 0 } } });
    const { body } = await site.admin<{ data: { id: string } }>('POST', '/api/v1/commands', {
      command_text: 'true',
      targeting: { type: 'all' },
      expired_at: new Date(Date.now() + 120_000).toISOString(),
    });
    await until('both have run it before its deadline', async () => {
      const answer = await site.admin<{ data: { status: string }[] }>(
        'GET',
        `/api/v1/command_executions?command_id=${body.data.id}`,
      );
      return answer.body.data.filter(({ status }) => status === 'completed').length === 2;
    });
  },
);
