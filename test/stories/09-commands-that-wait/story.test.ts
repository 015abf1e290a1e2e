import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation, until } from '#test/support/installation.ts';

interface Listed {
  readonly data: readonly {
    readonly status: string;
    readonly exit_code: number | null;
    readonly output: string | null;
    readonly node_id: string;
  }[];
}

let site: Installation;

beforeAll(async () => {
  site = await Installation.start({ nodes: 3 });
});

afterAll(() => site.close());

async function command(text: string, extra: object = {}): Promise<string> {
  const { status, body } = await site.admin<{ data: { id: string } }>('POST', '/api/v1/commands', {
    command_text: text,
    targeting: { type: 'all' },
    ...extra,
  });
  expect(status).toBe(201);
  return body.data.id;
}

async function executions(id: string): Promise<Listed['data']> {
  return (await site.admin<Listed>('GET', `/api/v1/command_executions?command_id=${id}`)).body.data;
}

test('echo hello on three nodes by plain HTTP', async () => {
  const id = await command('echo hello; echo oops >&2; exit 3');
  await until('all have completed', async () => (await executions(id)).every((one) => one.status === 'completed'));
  for (const one of await executions(id)) {
    expect(one.exit_code).toBe(3);
    expect([...(one.output ?? '').trim().split('\n')].sort()).toEqual(['hello', 'oops']);
  }
});

test('a node that is away gets its command when it comes back; past the deadline it does not', async () => {
  const [daemon] = site.daemons;
  if (daemon === undefined) throw new Error('no daemon');
  await daemon.stop();
  await until('it is away', async () => (await Array.fromAsync(site.fleet.hosts({ connected: true }))).length === 2);
  const waiting = await command('echo welcome back');
  const late = await command('echo too late', { expired_at: new Date(Date.now() + 1500).toISOString() });
  await until(
    'two have answered',
    async () => (await executions(waiting)).filter((one) => one.status === 'completed').length === 2,
  );
  expect((await executions(waiting)).map((one) => one.status).sort()).toEqual(['completed', 'completed', 'pending']);
  await until('the deadline passed', async () => (await executions(late)).some((one) => one.status === 'expired'));
  daemon.start();
  await until('the third answered', async () => (await executions(waiting)).every((one) => one.status === 'completed'));
  expect((await executions(late)).map((one) => one.status).sort()).toEqual(['completed', 'completed', 'expired']);
});
