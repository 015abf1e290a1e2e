import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FileArtifactStore } from '#adapters/artifacts/file-artifact-store.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { seedController, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import type { ArtifactDeps } from '../artifacts/keep-artifact.ts';
import { ManualClock } from '../kernel/clock.ts';
import type { Context } from '../kernel/context.ts';
import { type ControllerId, type NodeId, newId, type TenantId } from '../kernel/ids.ts';
import { finishTerminalSession } from './end-session.ts';
import { readRecording } from './read-recording.ts';
import { listSessions, readSession } from './read-sessions.ts';
import { Recorder } from './recorder.ts';
import { settleSessions } from './settle-sessions.ts';
import { attachSession, findTerminalSession, insertTerminalSession, markDetached, markEnded } from './store.ts';
import type { TerminalSession, TerminalSessionId } from './terminal-session.ts';

let database: TestDatabase;
let directory: string;
beforeAll(async () => {
  database = await testDatabase();
  directory = mkdtempSync(join(tmpdir(), 'garrison-recordings-'));
});
afterAll(async () => {
  await database.close();
  rmSync(directory, { recursive: true });
});

const clock = new ManualClock();
const bus = { publish: () => {} };

async function setup() {
  const { db } = database;
  const { tenantId, ...tenant } = await seedTenant(db);
  const controllerId = await seedController(db, new Date(clock.millis() + 3_600_000));
  const [nodeId] = (await seedNodes(db, { tenantId, ...tenant }, [{ name: 'web-1', controllerId }])) as [NodeId];
  const store = new FileArtifactStore(directory);
  await store.prepare();
  const limits = { maxBytes: 1 << 20, maxBytesOfOwner: 1 << 20, keepForMs: 3_600_000 };
  const artifacts: ArtifactDeps = { db, clock, store, keptBy: null, limits, requireRoom: () => {} };
  const open = (subject: string) => insertTerminalSession(db, sessionOf({ tenantId, nodeId, controllerId, subject }));
  const as = (subject: string, ...scopes: string[]): Context => contextOf(tenantId, subject, scopes);
  return { db, tenantId, controllerId, artifacts, open, as };
}

function contextOf(tenantId: TenantId, subject: string, scopes: readonly string[]): Context {
  const principal = {
    kind: 'key',
    subject,
    name: subject,
    tenantId,
    scopes: new Set(scopes),
    isMaster: false,
  } as const;
  return { principal, tenantId, requestId: 'r', signal: new AbortController().signal, clock };
}

function sessionOf(of: { tenantId: TenantId; nodeId: NodeId; controllerId: ControllerId; subject: string }) {
  const plain = { nodeName: 'web-1', address: null, door: 'command_line', program: null, wantedUser: null } as const;
  const window = { width: 80, height: 24, term: 'xterm' };
  const id = newId<TerminalSessionId>();
  return { id, ...of, caller: of.subject, ...plain, ...window, startedAt: clock.now(), isRecorded: true };
}

test('everybody sees and ends their own sessions; those of others take a scope, and those of other tenants are unknown', async () => {
  const { db, open, as } = await setup();
  const stranger = await setup();
  const [mine, other] = [await open('ann'), await open('bob')];
  const idsOf = async (ctx: Context) => (await listSessions(ctx, { db }, { limit: 10 })).items.map(({ id }) => id);
  const refusalOf = (doing: Promise<unknown>) => doing.then(() => 'done').catch((error) => error.code);
  expect(await idsOf(as('ann'))).toEqual([mine.id]);
  expect((await idsOf(as('ann', 'garrison.sessions.read'))).sort()).toEqual([mine.id, other.id].sort());
  expect(await idsOf(stranger.as('ann', 'garrison.sessions.read'))).toEqual([]);
  expect(await refusalOf(readSession(as('ann'), { db }, { id: other.id }))).toBe('not_found');
  expect(await refusalOf(finishTerminalSession(as('ann', 'garrison.sessions.read'), { db, bus }, other.id))).toBe(
    'not_found',
  );
  expect(
    await refusalOf(finishTerminalSession(stranger.as('bob', 'garrison.sessions.end'), { db, bus }, other.id)),
  ).toBe('not_found');
  await finishTerminalSession(as('ann', 'garrison.sessions.end'), { db, bus }, other.id);
  await finishTerminalSession(as('ann', 'garrison.sessions.end'), { db, bus }, other.id);
  expect(await readSession(as('bob'), { db }, { id: other.id })).toMatchObject({
    endReason: 'ended_by_request',
    endedBy: 'ann',
  });
});

test('sessions are walked by pages, the newest first', async () => {
  const { db, open, as } = await setup();
  const opened: string[] = [];
  for (let at = 0; at < 3; at += 1) {
    opened.unshift((await open('ann')).id);
    clock.advance(1_000);
  }
  const first = await listSessions(as('ann'), { db }, { limit: 2 });
  const rest = await listSessions(as('ann'), { db }, { limit: 2, cursor: first.nextCursor ?? '' });
  expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(opened);
  expect(rest.nextCursor).toBeNull();
});

test('whoever opened a session comes back to it, and nobody else; what a former connection writes has no effect', async () => {
  const { db, tenantId, controllerId, open } = await setup();
  const session = await open('ann');
  const back = (subject: string, of = tenantId) =>
    attachSession(db, { tenantId: of, id: session.id, subject, controllerId });
  expect(await back('bob')).toBeUndefined();
  expect(await back('ann', (await setup()).tenantId)).toBeUndefined();
  const again = await back('ann');
  expect(again?.attachment).toBe(2);
  await markDetached(db, session, clock.now());
  await markEnded(db, session, { at: clock.now(), reason: 'cut', exitCode: null });
  expect(await findTerminalSession(db, { tenantId, id: session.id })).toMatchObject({
    detachedAt: null,
    endedAt: null,
  });
  await markEnded(db, again as TerminalSession, { at: clock.now(), reason: 'exited', exitCode: 3 });
  expect(await back('ann')).toBeUndefined();
});

test('what nobody came back to is ended, also what a dead controller had', async () => {
  const { db, tenantId, open } = await setup();
  const alone = await open('ann');
  const held = await open('ann');
  await markDetached(db, alone, clock.now());
  const settle = () => settleSessions({ db, clock, forgetAfterMs: 3_600_000 });
  clock.advance(60_000);
  await settle();
  const endOf = async ({ id }: TerminalSession) => (await findTerminalSession(db, { tenantId, id }))?.endReason;
  expect([await endOf(alone), await endOf(held)]).toEqual([null, null]);
  clock.advance(31_000);
  await settle();
  expect([await endOf(alone), await endOf(held)]).toEqual(['nobody_came_back', null]);
  clock.advance(3_600_000); // its controller is dead
  await settle();
  clock.advance(91_000);
  await settle();
  expect(await endOf(held)).toBe('nobody_came_back');
  expect(await findTerminalSession(db, { tenantId, id: alone.id })).toBeUndefined();
});

test('several connections are one recording, in which nothing is twice', async () => {
  const { db, tenantId, artifacts, open, as } = await setup();
  const first = await open('ann');
  const record = (session: TerminalSession) => {
    const failed: unknown[] = [];
    const told = { onDrain: () => {}, onFailure: (error: unknown) => failed.push(error) };
    return new Recorder({ artifacts, clock, tenantId, session, maxBytes: 10_000, ...told });
  };
  const one = record(first);
  one.seek(0);
  one.output(Buffer.from('grüße'.slice(0, 3)));
  one.output(Buffer.from([0xc3])); // half of a letter
  await one.end();
  clock.advance(2_000);
  const second = await findTerminalSession(db, { tenantId, id: first.id });
  const two = record(second as TerminalSession);
  two.seek(3);
  two.output(Buffer.from('ühallo'));
  two.resize(120, 40);
  await two.end();
  const { content } = await readRecording(as('ann'), artifacts, first.id);
  const [header, ...lines] = (await text(content)).trimEnd().split('\n');
  expect(JSON.parse(header ?? '')).toMatchObject({ version: 2, width: 80, height: 24, env: { TERM: 'xterm' } });
  const events = lines.map((line) => JSON.parse(line) as [number, string, string]);
  expect(
    events
      .filter(([, code]) => code === 'o')
      .map(([, , data]) => data)
      .join(''),
  ).toMatch(/hallo$/);
  expect(events.at(-1)).toEqual([2, 'r', '120x40']);
});

test('a recording stops at its bound and says so; one that cannot be kept tells its owner', async () => {
  const { db, tenantId, artifacts, open, as } = await setup();
  const session = await open('ann');
  const failed: unknown[] = [];
  const parts = { clock, tenantId, session, onDrain: () => {}, onFailure: (error: unknown) => failed.push(error) };
  const small = new Recorder({ ...parts, artifacts, maxBytes: 100 });
  small.output(Buffer.from('a'.repeat(60)));
  small.output(Buffer.from('b'.repeat(60)));
  await small.end();
  const { content } = await readRecording(as('ann'), artifacts, session.id);
  expect(await text(content)).not.toContain('bbb');
  expect(await findTerminalSession(db, { tenantId, id: session.id })).toMatchObject({ recordingProblem: 'too_large' });
  const requireRoom = () => {
    throw new Error('the disk is full');
  };
  const full = new Recorder({ ...parts, artifacts: { ...artifacts, requireRoom }, maxBytes: 10_000 });
  full.seek(1_000);
  full.output(Buffer.from('c'));
  await full.end();
  expect(failed).toMatchObject([{ message: 'the disk is full' }]);
});
