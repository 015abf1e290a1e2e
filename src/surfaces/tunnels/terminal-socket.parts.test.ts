import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws'; // a client whose headers a test may choose
import { FileArtifactStore } from '#adapters/artifacts/file-artifact-store.ts';
import { writeTenantPolicy } from '#core/approvals/store.ts';
import type { AuditEntry } from '#core/audit/audit-trail.ts';
import { ManualClock, systemClock } from '#core/kernel/clock.ts';
import type { Principal } from '#core/kernel/context.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { NodeId } from '#core/kernel/ids.ts';
import { Sealer } from '#core/kernel/sealer.ts';
import { sql } from '#core/kernel/sql.ts';
import { finishTerminalSession } from '#core/terminals/end-session.ts';
import { readRecording } from '#core/terminals/read-recording.ts';
import { listSessions } from '#core/terminals/read-sessions.ts';
import { issueTicket, type TicketPurpose, takeTicket } from '#core/terminals/terminal-ticket.ts';
import type { TunnelPurpose } from '#core/tunnels/tunnel.ts';
import { TunnelDesk } from '#core/tunnels/tunnel-desk.ts';
import { Terminals } from '#daemon/terminals/serve-terminal.ts';
import {
  type TerminalExit,
  type TerminalFrame,
  TerminalFrameReader,
  writeTerminalFrame,
} from '#protocol/terminal/terminal-frames.ts';
import { silentLog } from '#runtime/log.ts';
import { HttpListeners } from '#surfaces/http/listeners.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { MemoryBus } from '#test/support/memory-bus.ts';
import { contextOf, type SeededTenant, seedController, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { testHttpApp } from '#test/support/test-http-app.ts';
import { WINDOW } from './socket-stream.ts';
import { TerminalRoom } from './terminal-room.ts';
import { TERMINAL_PROTOCOL, terminalSocket } from './terminal-socket.ts';

const PATH = '/v1/terminal-sessions/socket';
const COOKIE = 'grn-test';
const WIDE = { timeout: 20_000, interval: 20 };

let database: TestDatabase;
let directory: string;
const closing: (() => unknown)[] = [];
beforeAll(async () => {
  database = await testDatabase();
  directory = mkdtempSync(join(tmpdir(), 'garrison-terminal-socket-'));
});
afterAll(async () => {
  for (const close of closing.reverse()) await close();
  await database.close();
  rmSync(directory, { recursive: true, force: true });
});

/** A controller's half, and a node's whose terminals are real ones. */
async function setup({ isRecording = true } = {}) {
  const { db } = database;
  const tenant = await seedTenant(db);
  const controllerId = await seedController(db, new Date(systemClock.millis() + 3_600_000));
  const [nodeId] = (await seedNodes(db, tenant, [{ name: 'web-1', controllerId }])) as [NodeId];
  const audited: AuditEntry[] = [];
  const audit = { hasRoom: true, record: async (entry: AuditEntry) => void audited.push(entry) };
  const store = new FileArtifactStore(directory);
  await store.prepare();
  const limits = { maxBytes: 1 << 24, maxBytesOfOwner: 1 << 24, keepForMs: 3_600_000 };
  const artifacts = { db, clock: systemClock, store, keptBy: null, limits, requireRoom: () => {} };
  const bus = new MemoryBus();
  const opener = nodeSide();
  const desk = new TunnelDesk({ db, clock: systemClock, audit, opener, log: silentLog, lookEveryMs: 20 });
  const recording = { isOn: isRecording, maxBytes: 1 << 24 };
  const room = new TerminalRoom({
    ...{ audit, db, bus, clock: systemClock, log: silentLog, desk, artifacts, controllerId, recording },
  });
  const sealer = new Sealer(randomBytes(32));
  /** Who presents what, for as long as it is in here. */
  const known = new Map<string, Principal>();
  const ticketClock = new ManualClock(systemClock.millis());
  const { app } = await testHttpApp([]);
  const listeners = new HttpListeners({
    app,
    surfaces: [],
    log: silentLog,
    plain: { host: '127.0.0.1', port: 0 },
    upgrades: [
      terminalSocket({
        terminals: room,
        cookie: { name: COOKIE },
        publicUrl: () => 'https://fleet.example.com',
        takeTicket: (presented) => takeTicket({ db, sealer, clock: ticketClock }, presented),
        async authenticate({ authorization = '' }) {
          const principal = known.get(authorization.replace('Bearer ', ''));
          if (principal === undefined) throw new FleetError('unauthenticated', 'nobody');
          return principal;
        },
      }),
    ],
  });
  for (const service of [desk, room, listeners]) await service.start();
  closing.push(
    () => desk.stop(),
    () => room.stop(),
    () => listeners.stop(),
  );
  const port = listeners.plainAddress?.port ?? 0;
  const person = (subject: string, scopes = ['garrison.terminals.open'], of: SeededTenant = tenant) => {
    const secret = `secret-of-${subject}`;
    const principal: Principal = {
      ...{ kind: 'user', subject, name: subject, tenantId: of.tenantId, isMaster: false },
      scopes: new Set(scopes),
    };
    known.set(secret, principal);
    const ctx = { ...contextOf(of), principal, clock: ticketClock };
    const ticket = async (purpose: TicketPurpose) => (await issueTicket(ctx, { db, sealer }, purpose)).secret.reveal();
    return { principal, secret, ctx, ticket };
  };
  const origin = `http://127.0.0.1:${port}`;
  const connectWith = (protocols: string[], headers: Record<string, string>) =>
    socket(`ws://127.0.0.1:${port}${PATH}`, protocols, headers);
  /** As a page of the console does it. */
  const browser = (who: { secret: string }, ticket: string, from: string | undefined = origin) =>
    connectWith([TERMINAL_PROTOCOL, ticket], {
      cookie: `${COOKIE}=${who.secret}`,
      ...(from !== undefined && { origin: from }),
    });
  return {
    db,
    tenant,
    nodeId,
    bus,
    known,
    artifacts,
    audited,
    ticketClock,
    person,
    browser,
    connectWith,
    origin,
    port,
  };
}

/** Opens real terminals, by a connection of their own each. */
function nodeSide() {
  const terminals = new Terminals();
  const host = { policy: {}, environment: process.env, runtimeDir: directory };
  return {
    async open(_node: NodeId, purpose: TunnelPurpose): Promise<Duplex> {
      if (purpose.kind !== 'terminal') throw new Error('only terminals');
      const server = createServer({ allowHalfOpen: true });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      server.once('connection', (far) => {
        server.close();
        void terminals.serve(far, { id: 'of-a-browser', target: purpose }, host);
      });
      const near = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
      await new Promise((resolve) => near.once('connect', resolve));
      return near;
    },
  };
}

function socket(url: string, protocols: string[], headers: Record<string, string>) {
  const ws = new WebSocket(url, protocols, { headers, perMessageDeflate: false });
  const told = {
    output: '',
    frames: [] as TerminalFrame[],
    refusal: undefined as { status: number; text: string } | undefined,
    exit: undefined as TerminalExit | undefined,
    code: undefined as number | undefined,
    bytes: 0,
  };
  const reader = new TerminalFrameReader();
  const reading = { isDealingWith: true };
  ws.on('message', (data: Buffer) => {
    if (reading.isDealingWith) ws.send(String(data.length));
    for (const frame of reader.read(data)) {
      if (frame.kind !== 'output') told.frames.push(frame);
      if (frame.kind === 'output') told.output += frame.bytes.toString('utf8');
      if (frame.kind === 'output') told.bytes += frame.bytes.length;
      if (frame.kind === 'exit') told.exit = frame.exit;
    }
  });
  ws.on('unexpected-response', (_request, response) => {
    void text(response).then((body) => {
      told.refusal = { status: response.statusCode ?? 0, text: body };
    });
  });
  ws.on('error', () => {});
  ws.on('close', (code) => {
    told.code = code;
  });
  closing.push(() => ws.terminate());
  const send = (frame: TerminalFrame) => ws.send(writeTerminalFrame(frame));
  return {
    ws,
    reading,
    told,
    send,
    type: (typed: string) => send({ kind: 'input', bytes: Buffer.from(typed) }),
    shows: (what: string | RegExp) => expect.poll(() => told.output, WIDE).toMatch(what),
    isOpen: () => expect.poll(() => ws.readyState, WIDE).toBe(WebSocket.OPEN),
    isOver: () => expect.poll(() => told.code, WIDE).toBeDefined(),
    isRefused: (status: number, what: RegExp) =>
      expect.poll(() => told.refusal, WIDE).toEqual({ status, text: expect.stringMatching(what) }),
    sessionId: () => {
      const opened = told.frames.find((frame) => frame.kind === 'opened');
      return opened?.kind === 'opened' ? opened.opened.sessionId : undefined;
    },
  };
}

const window = { columns: 91, rows: 33, type: 'xterm-256color' };
const SHELL: TicketPurpose = {
  kind: 'terminal',
  node: 'web-1',
  target: { command: ['sh'], user: undefined, terminal: window },
};

test('a browser has a real terminal: keys, the size of its window, the exit code, and a recording of it', async () => {
  const { person, browser, db, audited, artifacts } = await setup();
  const ann = person('ann');
  const page = browser(ann, await ann.ticket(SHELL));
  await page.isOpen();
  expect(page.ws.protocol).toBe(TERMINAL_PROTOCOL);
  page.type('stty size; echo don""e\n');
  await page.shows(/33 91[\s\S]*done/);
  page.send({ kind: 'size', columns: 120, rows: 40 });
  page.type('stty size; exit 7\n');
  await page.shows('40 120');
  await page.isOver();
  expect(page.told.exit).toEqual({ code: 7 });
  const sessions = async () => (await listSessions(ann.ctx, { db }, { limit: 5 })).items;
  await expect
    .poll(sessions, WIDE)
    .toMatchObject([{ door: 'console', subject: 'ann', width: 91, endReason: 'exited', exitCode: 7 }]);
  const opened = () => audited.find(({ action }) => action === 'tunnel.open');
  await expect
    .poll(opened, WIDE)
    .toMatchObject({ subject: 'ann', outcome: 'ok', facts: { kind: 'terminal', why: 'exited' } });
  const recording = await text((await readRecording(ann.ctx, artifacts, (await sessions())[0]?.id)).content);
  expect(recording).toContain('40 120');
});

test('pages of other sites, and cookies without a page, open nothing', async () => {
  const { person, browser, connectWith, port } = await setup();
  const ann = person('ann');
  const refuses = async (from: string | undefined) => {
    const page = browser(ann, await ann.ticket(SHELL), from);
    await page.isRefused(403, /a page of this controller/);
  };
  for (const from of ['https://evil.example', `http://127.0.0.1:${port + 1}`, 'null', 'http://localhost'])
    await refuses(from);
  const nowhere = connectWith([TERMINAL_PROTOCOL, await ann.ticket(SHELL)], { cookie: `${COOKIE}=${ann.secret}` });
  await nowhere.isRefused(403, /a page of this controller/);
  await browser(ann, await ann.ticket(SHELL), 'https://fleet.example.com').isOpen();
  const program = connectWith([TERMINAL_PROTOCOL, await ann.ticket(SHELL)], { authorization: `Bearer ${ann.secret}` });
  await program.isOpen();
});

test('a ticket is good once, for half a minute, for whoever asked for it', async () => {
  const { person, browser, connectWith, ticketClock, origin, db } = await setup();
  const [ann, bob] = [person('ann'), person('bob')];
  const once = await ann.ticket(SHELL);
  await browser(ann, once).isOpen();
  await browser(ann, once).isRefused(403, /was used/);

  const late = await ann.ticket(SHELL);
  ticketClock.advance(30_000);
  await browser(ann, late).isRefused(403, /too old/);

  const anns = await ann.ticket(SHELL);
  await browser(bob, anns).isRefused(403, /somebody else/);
  await browser(ann, anns).isRefused(403, /was used/);
  const elsewhere = person('ann', ['garrison.terminals.open'], await seedTenant(db));
  const [theirs, mine] = [await elsewhere.ticket(SHELL), person('ann')];
  await browser(mine, theirs).isRefused(403, /somebody else/);

  await browser({ secret: 'nobody' }, await ann.ticket(SHELL)).isRefused(401, /./);
  const cookie = `${COOKIE}=${ann.secret}`;
  for (const protocols of [[TERMINAL_PROTOCOL], ['gtt_unknown'], [TERMINAL_PROTOCOL, 'gtt_unknown']])
    await connectWith(protocols, { cookie, origin }).isRefused(403, /subprotocols|was used/);
  const stored = JSON.stringify(await db.query(sql`select * from terminal_tickets`));
  expect(stored).not.toContain(await ann.ticket(SHELL));
  expect(stored).not.toContain('web-1');
});

test('nobody hoards tickets', async () => {
  const { person, ticketClock } = await setup();
  const ann = person('ann');
  await Promise.all(Array.from({ length: 64 }, () => ann.ticket(SHELL)));
  await expect(ann.ticket(SHELL)).rejects.toMatchObject({ code: 'rate_limited' });
  await person('bob').ticket(SHELL);
  ticketClock.advance(31_000);
  await ann.ticket(SHELL);
});

test('a message of more than a frame ends the connection, and one that is no frame ends the shell', async () => {
  const { person, browser } = await setup();
  const ann = person('ann');
  const huge = browser(ann, await ann.ticket(SHELL));
  await huge.isOpen();
  huge.ws.send(Buffer.alloc(1 << 20));
  await huge.isOver();
  expect(huge.told.code).toBe(1009);
  const wrong = browser(ann, await ann.ticket(SHELL));
  await wrong.isOpen();
  wrong.ws.send(Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 1]));
  await wrong.isOver();
});

test('whoever was cut off comes back to the same shell by a ticket for it; others do not', async () => {
  const { person, browser } = await setup();
  const [ann, bob] = [person('ann'), person('bob')];
  const first = browser(ann, await ann.ticket(SHELL));
  await first.isOpen();
  first.type('mark=is-the-same; echo rea""dy\n');
  await first.shows('ready');
  const sessionId = first.sessionId() ?? '';
  first.ws.terminate();
  const back = { kind: 'session', sessionId, position: first.told.bytes } as const;
  const other = browser(bob, await bob.ticket(back));
  await other.isOver();
  expect(other.told.exit).toEqual({ code: null, problem: expect.stringMatching(/^session_over: /) });
  const again = browser(ann, await ann.ticket(back));
  await again.isOpen();
  again.type('echo it-$mark; exit 4\n');
  await again.shows('it-is-the-same');
  await again.isOver();
  expect(again.told.exit).toEqual({ code: 4 });
  expect(again.told.output).not.toContain('ready');
});

test('a reader that does not read holds the program back, while others go on', async () => {
  const { person, browser } = await setup({ isRecording: false });
  const [ann, bob] = [person('ann'), person('bob')];
  /** More than what the kernel takes for readers that do not read. */
  const flood = async (page: ReturnType<typeof browser>, marker: string) => {
    page.type('stty -echo; echo rea""dy\n');
    await page.shows('ready');
    return `head -c 14000000 /dev/zero | tr "\\0" x; touch ${marker}; exit 0\n`;
  };
  const open = async (who: typeof ann) => browser(who, await who.ticket(SHELL));
  /** The deaf one reads, as every browser does, and does nothing with it. */
  const [lazy, deaf, eager] = [await open(ann), await open(ann), await open(bob)];
  await Promise.all([lazy.isOpen(), deaf.isOpen(), eager.isOpen()]);
  const marker = join(directory, `written-${randomBytes(6).toString('hex')}`);
  const typed = await flood(lazy, marker);
  lazy.ws.pause();
  deaf.reading.isDealingWith = false;
  deaf.type(await flood(deaf, `${marker}-by-a-page`));
  lazy.type(typed);
  eager.type(await flood(eager, `${marker}-by-another`));
  await expect.poll(() => eager.told.exit, { timeout: 60_000, interval: 20 }).toEqual({ code: 0 });
  expect([existsSync(marker), lazy.told.exit]).toEqual([false, undefined]);
  expect([existsSync(`${marker}-by-a-page`), deaf.told.exit]).toEqual([false, undefined]);
  expect(deaf.told.bytes).toBeLessThan(2 * WINDOW);
  lazy.ws.resume();
  await expect.poll(() => lazy.told.exit, { timeout: 60_000, interval: 20 }).toEqual({ code: 0 });
  expect(lazy.told.bytes).toBeGreaterThanOrEqual(14_000_000);
});

test('what is typed without end, while nothing is read, is held back and neither side waits for ever', async () => {
  const { person, browser } = await setup({ isRecording: false });
  const ann = person('ann');
  const page = browser(ann, await ann.ticket(SHELL));
  await page.isOpen();
  page.type('stty raw -echo; echo rea""dy; head -c 3000000 | tr x y; exit 5\n');
  await page.shows('ready');
  const piece = 'x'.repeat(60_000);
  for (let sent = 0; sent < 3_000_000; sent += piece.length) page.type(piece);
  await expect.poll(() => page.told.exit, { timeout: 60_000, interval: 20 }).toEqual({ code: 5 });
  expect(page.told.bytes).toBeGreaterThanOrEqual(3_000_000);
});

test('it ends when its credential ends, its right is taken, or somebody ends it', async () => {
  const { person, browser, known, db, bus, nodeId } = await setup();
  const [ann, bob, eve] = [person('ann'), person('bob'), person('eve')];
  const [of, by, at] = [
    browser(ann, await ann.ticket(SHELL)),
    browser(bob, await bob.ticket(SHELL)),
    browser(eve, await eve.ticket(SHELL)),
  ];
  for (const page of [of, by, at]) await expect.poll(page.sessionId, WIDE).toBeDefined();
  known.delete(ann.secret);
  await of.isOver();
  known.set(bob.secret, { ...bob.principal, scopes: new Set(['garrison.sessions.read']) });
  await by.isOver();
  expect(at.told.code).toBeUndefined();
  const [open] = (await listSessions(eve.ctx, { db }, { nodeId, openOnly: true, limit: 5 })).items;
  await finishTerminalSession(eve.ctx, { db, bus }, open?.id);
  await at.isOver();
  const reasons = async () =>
    (
      await db.query<{ why: string }>(
        sql`select end_reason as why from terminal_sessions where node_id = ${nodeId} order by subject`,
      )
    ).map(({ why }) => why);
  await expect.poll(reasons, WIDE).toEqual(['credential_revoked', 'credential_revoked', 'ended_by_request']);
});

test('somebody with the scope watches, the person at the terminal is told, and it is audited; others are refused', async () => {
  const { person, browser, audited } = await setup();
  const [ann, bob] = [person('ann'), person('bob')];
  const page = browser(ann, await ann.ticket(SHELL));
  await expect.poll(page.sessionId, WIDE).toBeDefined();
  const sessionId = page.sessionId() ?? '';
  const watch = { kind: 'watch', sessionId } as const;
  const curious = browser(bob, await bob.ticket(watch));
  await curious.isOver();
  expect(curious.told.exit?.problem).toMatch(/^forbidden: .*garrison\.sessions\.watch/);
  const auditor = person('auditor', ['garrison.sessions.watch']);
  const view = browser(auditor, await auditor.ticket(watch));
  await expect
    .poll(() => page.told.frames, WIDE)
    .toContainEqual({ kind: 'notice', text: 'auditor watches this session' });
  view.type('echo inter""fered\n');
  page.type('echo se""en\n');
  await view.shows('seen');
  expect(page.told.output).not.toContain('interfered');
  expect(audited).toContainEqual(
    expect.objectContaining({ action: 'terminal_session.watch', object: sessionId, subject: 'auditor' }),
  );
});

test('where it takes consent, a browser is told so as the command line is', async () => {
  const { person, browser, db, tenant } = await setup();
  await writeTenantPolicy(db, tenant.tenantId, {
    when: 'always',
    overTargets: null,
    approver: 'other',
    needsReason: false,
    lifeSeconds: 3_600,
  });
  const ann = person('ann');
  const page = browser(ann, await ann.ticket(SHELL));
  await page.isOver();
  expect(page.told.exit).toEqual({ code: null, problem: expect.stringMatching(/^approval_required: /) });
});
