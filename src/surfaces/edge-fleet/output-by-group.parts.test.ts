import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type CliSession, cliSession } from '#test/support/cli-session.ts';
import { credential, type EdgeFleetApp, edgeFleetApp } from '#test/support/edge-fleet-app.ts';
import type { Behaviour } from '#test/support/engine.ts';

const NODES = 1_000;
const COMMON = `${'what all of them say alike\n'.repeat(300)}`;

let fleet: EdgeFleetApp;
let api: string;
const sockets = new Set<Socket>();
const open: CliSession[] = [];

beforeAll(async () => {
  fleet = await edgeFleetApp();
  fleet.app.server.on('connection', (socket: Socket) => sockets.add(socket));
  api = await fleet.app.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((session) => session.close()));
});
afterAll(async () => {
  await fleet.close();
  expect(fleet.engine.errors).toEqual([]);
});

async function session(scopes?: readonly string[]): Promise<CliSession> {
  const env = { GARRISON_API: api, GARRISON_TOKEN: credential(fleet.tenant, scopes) };
  const opened = await cliSession({ env });
  open.push(opened);
  return opened;
}

const says =
  (pieces: readonly string[], outcome: 'ok' | 'failed' = 'ok'): Behaviour =>
  ({ executionId }, node) => {
    node.start(executionId);
    let offset = 0;
    for (const [ordinal, piece] of pieces.entries()) {
      node.write(executionId, ordinal, piece, offset);
      offset += Buffer.byteLength(piece);
    }
    node.finish(executionId, outcome);
  };

const order = (tag: string) => [
  'run',
  '--tool',
  'cmd.run',
  '--args',
  '{"command":"x"}',
  '--on',
  `tags=${tag}`,
  '--fold',
];
const group = (title: string, text: string) => `---------------\n${title}\n---------------\n${text}`;
const sent = () => [...sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0);

test('what 1,000 nodes say alike is fetched once, live and afterwards, and told with all of their names', async () => {
  const alike = Array.from({ length: NODES - 2 }, (_, at) => ({ name: `web-${at + 1}`, tags: ['wide'] }));
  await fleet.connect(alike, says([COMMON]));
  await fleet.connect([{ name: 'odd-1', tags: ['wide'] }], says(['its own ', 'words\n']));
  await fleet.connect([{ name: 'odd-2', tags: ['wide'] }], says([COMMON], 'failed'));
  const before = sent();
  const cli = await session();
  const { exitCode, stdout, stderr } = await cli.run(...order('wide'));
  const told = [group(`odd-2 web-[1-${NODES - 2}] (${NODES - 1})`, COMMON), group('odd-1', 'its own words\n')].join('');
  expect(stdout).toBe(told);
  expect(exitCode).toBe(1);
  expect(stderr).toContain('[odd-2] failed');
  const run = /run (f-[0-9a-f-]+):/.exec(stderr)?.[1] ?? '';
  expect((await cli.run('runs', 'output', run, '--fold')).stdout).toBe(told);
  expect(sent() - before).toBeLessThan((NODES * COMMON.length) / 4);
});

test('outputs of one length that differ in their middle alone are told apart', async () => {
  const large = (middle: string) => ['a'.repeat(65_000), `${middle}${'b'.repeat(4_000)}`, 'c'.repeat(65_000)];
  await fleet.connect([{ name: 'big-1', tags: ['big'] }], says(large('one')));
  await fleet.connect([{ name: 'big-2', tags: ['big'] }], says(large('two')));
  await fleet.connect([{ name: 'big-3', tags: ['big'] }], says(large('one')));
  const { stdout } = await (await session()).run(...order('big'));
  expect(stdout).toBe(
    [group('big-[1,3] (2)', `${large('one').join('')}\n`), group('big-2', `${large('two').join('')}\n`)].join(''),
  );
});

test('more groups than one page has are all told', async () => {
  const connecting = Array.from({ length: 230 }, (_, at) =>
    fleet.connect([{ name: `own-${at + 1}`, tags: ['own'] }], says([`I am number ${at + 1}\n`])),
  );
  await Promise.all(connecting);
  const { stdout } = await (await session()).run(...order('own'));
  const found = stdout.matchAll(/-\nown-(\d+)\n-+\nI am number (\d+)\n/g);
  const numbers = [...found].filter(([, name, said]) => name === said).map(([, name]) => Number(name));
  expect(new Set(numbers).size).toBe(230);
});

test('whoever may give orders and not read them hears the nodes themselves', async () => {
  await fleet.connect([{ name: 'b-1', tags: ['blind'] }], says(['x\n']));
  await fleet.connect([{ name: 'b-2', tags: ['blind'] }], says(['x\n']));
  const { exitCode, stdout } = await (await session(['garrison.fleet.manage'])).run(...order('blind'));
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/ \(2\)\n-+\nx\n$/);
});
