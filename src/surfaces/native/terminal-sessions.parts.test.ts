import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKey } from '#core/access/create-key.ts';
import { KeyRing } from '#core/access/key-ring.ts';
import { AuditKeys } from '#core/audit/audit-keys.ts';
import type { AuditEntry } from '#core/audit/audit-trail.ts';
import { systemClock } from '#core/kernel/clock.ts';
import { type ControllerId, type NodeId, newId } from '#core/kernel/ids.ts';
import { Sealer } from '#core/kernel/sealer.ts';
import { ensureSystemTenant } from '#core/tenants/ensure-tenant.ts';
import { insertTerminalSession } from '#core/terminals/store.ts';
import type { TerminalSessionId } from '#core/terminals/terminal-session.ts';
import { takeTicket } from '#core/terminals/terminal-ticket.ts';
import { strangersAnswers } from '#test/guards/tenant-isolation.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { startTestEvents } from '#test/support/events.ts';
import { recordingsIn, releasesIn } from '#test/support/releases.ts';
import { contextOf, type SeededTenant, seedTenant } from '#test/support/seed-nodes.ts';
import { testHttpApp } from '#test/support/test-http-app.ts';
import type { NativeDeps } from './deps.ts';
import { nativeSurface } from './surface.ts';

const ALL = [
  ...['garrison.terminals.open', 'garrison.sessions.read', 'garrison.sessions.end', 'garrison.sessions.watch'],
  'garrison.recordings.read',
];

let database: TestDatabase;
let app: FastifyInstance;
let audited: AuditEntry[];
let events: Awaited<ReturnType<typeof startTestEvents>>;
let mine: SeededTenant;
let theirs: SeededTenant;
const sealer = new Sealer(randomBytes(32));

beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  const system = await ensureSystemTenant({ db, clock: systemClock });
  events = await startTestEvents(db, sealer);
  ({ app, audited } = await testHttpApp([
    nativeSurface({
      ...events.deps,
      ...{ db, sealer, signIn: [], settings: [], systemTenantId: system.id },
      bus: { publish: () => {} },
      recordings: recordingsIn(db),
      releases: releasesIn(db),
      readOn: async () => ({ kind: 'all' }),
      authorities: { all: [], rotateIntermediate: () => Promise.reject(new Error('not here')) },
      auditKeys: new AuditKeys(randomBytes(32)),
      keyRing: new KeyRing({ db, clock: systemClock, systemTenantId: system.id, configured: {} }),
    }),
  ]));
  [mine, theirs] = [await seedTenant(db), await seedTenant(db)];
});
afterAll(async () => {
  await app.close();
  await events.stop();
  await database.close();
});

const keyOf = (tenant: SeededTenant, scopes: readonly string[]) =>
  createKey(contextOf(tenant), database, { kind: 'scoped', name: 'k', scopes });

/** A caller with a key of their own. */
async function caller(tenant: SeededTenant, scopes: readonly string[] = ALL) {
  const made = await keyOf(tenant, scopes);
  const key = made.secret.reveal();
  const call = async (method: string, path: string, body?: object) => {
    const answer = await app.inject({
      method: method as 'GET',
      url: path,
      headers: { 'x-api-key': key, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { payload: JSON.stringify(body) }),
    });
    return { status: answer.statusCode, text: answer.body, json: answer.body === '' ? undefined : answer.json() };
  };
  return { subject: made.key.id as string, call };
}

function sessionOf({ tenantId }: SeededTenant, subject: string) {
  return insertTerminalSession(database.db, {
    ...{ id: newId<TerminalSessionId>(), tenantId, nodeId: newId<NodeId>(), nodeName: 'web-1', subject, caller: 'k' },
    ...{ address: null, door: 'console', program: null, wantedUser: null, width: 80, height: 24, term: 'xterm' },
    ...{ controllerId: newId<ControllerId>(), startedAt: systemClock.now(), isRecorded: true },
  });
}

test('terminal sessions of another tenant are as unknown as what does not exist', async () => {
  const [ann, stranger] = [await caller(mine), await caller(theirs)];
  const { id } = await sessionOf(mine, ann.subject);
  const { operations } = nativeSurface({} as NativeDeps); // only looked at
  const wrong = await strangersAnswers({
    operations: operations.filter(({ path }) => path.startsWith('/v1/terminal-sessions')),
    params: {
      '/v1/terminal-sessions/{session_id}': { session_id: id },
      '/v1/terminal-sessions/{session_id}/recording': { session_id: id },
    },
    bodies: {},
    exempt: {},
    ask: (method, path, body) => stranger.call(method, path, body),
  });
  expect(wrong).toEqual([]);
  expect((await stranger.call('GET', '/v1/terminal-sessions')).json.items).toEqual([]);
  expect((await ann.call('GET', '/v1/terminal-sessions')).json.items).toMatchObject([{ id, is_own: true }]);
});

const TERMINAL = { kind: 'terminal', node: 'web-1', window: { columns: 80, rows: 24, type: 'xterm' } };

test('a ticket says how it is presented, opens what was asked for, and is audited without the words of a command', async () => {
  const ann = await caller(mine, ['garrison.terminals.open']);
  const body = { ...TERMINAL, user: 'deploy', command: ['psql', '--password=hunter2'] };
  const { status, json } = await ann.call('POST', '/v1/terminal-sessions/tickets', body);
  expect([status, json]).toEqual([
    201,
    {
      ticket: expect.stringMatching(/^gtt_[0-9a-f]{64}$/),
      protocol: 'garrison-terminal.1',
      path: '/v1/terminal-sessions/socket',
      expires_at: expect.any(String),
    },
  ]);
  const principal = { ...contextOf(mine).principal, subject: ann.subject };
  const purpose = await takeTicket({ db: database.db, sealer, clock: systemClock }, { principal, secret: json.ticket });
  expect(purpose).toMatchObject({
    node: 'web-1',
    target: { command: body.command, user: 'deploy', terminal: body.window },
  });
  const entry = audited.filter(({ action }) => action === 'terminal_ticket.create').at(-1);
  expect(entry).toMatchObject({ object: 'web-1', facts: { kind: 'terminal' }, outcome: 'ok' });
  expect(JSON.stringify(audited)).not.toContain('hunter2');
});

test.each([
  [
    'a look at a session without the scope for it',
    { kind: 'watch', session_id: 'x' },
    403,
    /garrison\.sessions\.watch/,
  ],
  ['a user that would be an option', { ...TERMINAL, user: '-root' }, 422, /user/],
  ['a word with NUL', { ...TERMINAL, command: ['a\0b'] }, 400, /NUL/],
  ['a window without rows', { ...TERMINAL, window: { columns: 80, rows: 0, type: 'xterm' } }, 422, /./],
  ['a place before the beginning', { kind: 'session', session_id: 'x', position: -1 }, 422, /./],
  ['what is of no kind', { kind: 'everything' }, 422, /./],
])('%s gets no ticket', async (_, body, status, words) => {
  const ann = await caller(mine, ['garrison.terminals.open']);
  const answer = await ann.call('POST', '/v1/terminal-sessions/tickets', body);
  expect([answer.status, answer.text]).toEqual([status, expect.stringMatching(words)]);
});
