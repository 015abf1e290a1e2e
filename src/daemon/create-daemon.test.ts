import { status as Status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { newId } from '#core/kernel/ids.ts';
import { type Facts, HostMetrics } from '#protocol/gen/garrison/node/v1/node.ts';
import { stressService } from '#runtime/service-stress.ts';
import { lifeFrom, ScriptedAuthority, ScriptedListener } from '#test/support/scripted-listener.ts';
import { TcpProxy } from '#test/support/tcp-proxy.ts';
import { createDaemon, type Daemon, type DaemonOptions } from './create-daemon.ts';
import {
  type ExecutionIo,
  type Executor,
  type StopReason,
  stopped,
  type ToolCall,
  type ToolEnding,
} from './executions/executor.ts';
import { certificateLife, type Identity } from './identity/identity.ts';
import { heldInMemory, holdIdentity } from './identity/identity-holder.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const FACTS: Facts = {
  os: 'linux',
  arch: 'x86_64',
  hostname: 'simulated',
  daemonVersion: '0.1.0',
  localTools: [],
  mounts: [],
  labels: {},
  invocableTools: ['cmd.run'],
  selfUpdateEnabled: false,
  ports: undefined,
  kernel: '',
  memoryBytes: 0,
  cpuCount: 1,
  bootedAt: undefined,
  agents: undefined,
  sshHostKeys: [],
  sshAccessDigest: Buffer.alloc(0),
};

async function listen(authority = new ScriptedAuthority(), port = 0): Promise<ScriptedListener> {
  const listener = await ScriptedListener.start({ authority, port });
  cleanups.push(() => listener.stop());
  return listener;
}

/** Calls that go on until the test ends them. */
class StagedExecutor implements Executor {
  readonly calls: { call: ToolCall; io: ExecutionIo; end: (ending: ToolEnding) => void }[] = [];

  execute(call: ToolCall, io: ExecutionIo): Promise<ToolEnding> {
    return new Promise((resolve) => {
      this.calls.push({ call, io, end: resolve });
      io.signal.addEventListener('abort', () => resolve(stopped(io.signal.reason as StopReason, true))); // only those are given
      io.started();
    });
  }

  async at(index: number) {
    await expect.poll(() => this.calls.length).toBeGreaterThan(index);
    return this.calls[index] as (typeof this.calls)[number]; // there is one by now
  }
}

function daemonFor(identity: Identity, parts: Partial<DaemonOptions> = {}) {
  const executor = new StagedExecutor();
  const daemon = createDaemon({
    identity: heldInMemory(identity),
    executor,
    readFacts: () => FACTS,
    random: () => 0,
    stopGraceMs: 0,
    renewsCertificate: false,
    ...parts,
  });
  cleanups.push(() => daemon.stop());
  return { daemon, executor };
}

async function setup(parts: Partial<DaemonOptions> = {}) {
  const listener = await listen();
  const { daemon, executor } = daemonFor(listener.authority.identity([listener.endpoint]), parts);
  await daemon.start();
  const session = await listener.nextSession();
  const hello = await session.next('hello');
  return { listener, daemon, executor, session, hello };
}

describe('a session', () => {
  test('begins with Hello and is open when Welcome has come', async () => {
    const { daemon, session, hello } = await setup();
    expect(hello).toMatchObject({ protocolVersion: 1, facts: { hostname: 'simulated' }, running: [], freeSlots: 8 });
    expect(daemon.status.session.kind).toBe('connecting');
    session.welcome();
    await daemon.connected();
    expect(daemon.status.session).toMatchObject({ kind: 'open', controllerId: 'scripted', epoch: 7 });
  });

  test('says by heartbeats that the node is there, as often as Welcome asks', async () => {
    const { session } = await setup();
    session.welcome({ heartbeatIntervalMs: 20 });
    for (let beat = 0; beat < 3; beat++) {
      expect(await session.next('heartbeat')).toMatchObject({ healthy: true, problems: [], freeSlots: 8, running: 0 });
    }
  });

  test('tells figures of its host and of itself, as often as Welcome asks', async () => {
    const host: HostMetrics = HostMetrics.fromPartial({ processes: 7 });
    const { daemon, session } = await setup({ readHostMetrics: async () => host });
    session.welcome({ metricsIntervalMs: 20 });
    await daemon.connected();
    for (let report = 0; report < 3; report++) {
      const metrics = await session.next('metrics');
      expect(metrics).toMatchObject({ host: { processes: 7 }, daemon: { running: 0, queued: 0, receivedTotal: 0 } });
      expect(metrics.daemon?.residentBytes).toBeGreaterThan(0);
    }
  });

  test('counts what it was given, what ended and what was confirmed', async () => {
    const { daemon, session, executor } = await setup();
    session.welcome({ metricsIntervalMs: 20 });
    await daemon.connected();
    const id = newId();
    session.execute(id, 'cmd.run', {});
    const { end } = await executor.at(0);
    await session.next('metrics', ({ daemon: own }) => own?.running === 1 && own.receivedTotal === 1);
    end({ outcome: 'ok', exitCode: 0 });
    await session.next('metrics', ({ daemon: own }) => own?.endedTotal === 1 && own.unacknowledged === 1);
    session.send({ $case: 'ackFinished', value: { executionId: id } });
    await session.next('metrics', ({ daemon: own }) => own?.acknowledgedTotal === 1 && own.unacknowledged === 0);
  });

  test('tells facts that change, once', async () => {
    let labels: Record<string, string> = {};
    const { daemon, session } = await setup({ readFacts: () => ({ ...FACTS, labels }) });
    session.welcome();
    await daemon.connected();
    daemon.refreshFacts();
    labels = { region: 'eu' };
    daemon.refreshFacts();
    daemon.refreshFacts();
    expect(await session.next('factsChanged')).toMatchObject({ facts: { labels: { region: 'eu' } } });
    expect(session.kinds()).toEqual(['hello', 'factsChanged']);
  });

  test('tells facts that changed after Hello and before Welcome', async () => {
    let labels: Record<string, string> = {};
    const { daemon, session } = await setup({ readFacts: () => ({ ...FACTS, labels }) });
    labels = { region: 'eu' };
    daemon.refreshFacts();
    session.welcome();
    expect(await session.next('factsChanged')).toMatchObject({ facts: { labels: { region: 'eu' } } });
  });

  test('runs orders, streams their output and tells their end', async () => {
    const { session, executor, daemon } = await setup();
    session.acknowledges = true;
    session.welcome();
    const id = newId();
    session.execute(id, 'cmd.run', { command: 'x' });
    const { io, end } = await executor.at(0);
    io.write(1, Buffer.from('out'));
    io.write(2, Buffer.from('err'));
    end({ outcome: 'ok', exitCode: 0 });
    expect(await session.finished(id)).toMatchObject({ outcome: 'ok', exitCode: 0, outputChunks: 2 });
    expect(session.kinds()).toEqual(['hello', 'started', 'output', 'output', 'finished']);
    await expect.poll(() => daemon.status).toMatchObject({ unacknowledged: 0, spooledBytes: 0 });
  });

  test('obeys Configure and Cancel', async () => {
    const { session, executor } = await setup();
    session.welcome();
    session.send({ $case: 'configure', value: { endpoints: [], concurrency: 1 } });
    const [first, second] = [newId(), newId()];
    for (const id of [first, second]) session.execute(id, 'cmd.run', {});
    await session.next('received', ({ executionId }) => executionId === second);
    expect(executor.calls.length).toBe(1);
    session.send({ $case: 'cancel', value: { executionId: first, reason: 'enough' } });
    expect(await session.finished(first)).toMatchObject({ outcome: 'cancelled', exitCode: 143 });
    await executor.at(1);
    session.acknowledges = true;
  });
});

describe('a session that is lost', () => {
  test('is followed by another one, which is told what was not acknowledged; an order that comes again starts nothing', async () => {
    const { listener, session, executor } = await setup();
    session.welcome();
    const [done, running] = [newId(), newId()];
    session.execute(done, 'cmd.run', {});
    session.execute(running, 'cmd.run', {});
    const { io, end } = await executor.at(0);
    io.write(1, Buffer.alloc(32 * 1024, 'a'));
    io.write(1, Buffer.from('b'));
    end({ outcome: 'ok', exitCode: 0 });
    await executor.at(1);
    await session.finished(done);
    session.send({ $case: 'ackOutput', value: { executionId: done, ordinal: 0 } });
    await session.next('started', ({ executionId }) => executionId === running);
    session.fail(Status.UNAVAILABLE, 'gone');

    const again = await listener.nextSession();
    const hello = await again.next('hello');
    expect(hello).toMatchObject({ running: [running], unacknowledged: [done], freeSlots: 7 });
    again.acknowledges = true;
    again.welcome();
    again.execute(done, 'cmd.run', {});
    again.execute(running, 'cmd.run', {});
    expect(await again.finished(done)).toMatchObject({ outcome: 'ok', outputChunks: 2 });
    expect(again.outputOf(done)).toMatch(/b$/);
    (await executor.at(1)).end({ outcome: 'ok' });
    await again.finished(running);
    expect(executor.calls.length).toBe(2);
  });

  test('does not hold back what runs: its end is told by the next one', async () => {
    const { listener, session, executor } = await setup();
    session.welcome();
    const id = newId();
    session.execute(id, 'cmd.run', {});
    const { io, end } = await executor.at(0);
    listener.stop();
    io.write(1, Buffer.from('said while nobody listened'));
    end({ outcome: 'ok' });
    const successor = await listen(listener.authority, listener.port);
    const again = await successor.nextSession();
    again.acknowledges = true;
    again.welcome();
    expect(await again.finished(id)).toMatchObject({ outcome: 'ok' });
    expect(again.outputOf(id)).toBe('said while nobody listened');
  });

  test('without a word is noticed by pings', async () => {
    const listener = await listen();
    const proxy = new TcpProxy();
    cleanups.push(() => proxy.close());
    proxy.pointTo(listener.port);
    const identity = listener.authority.identity([`localhost:${await proxy.listen()}`]);
    const { daemon } = daemonFor(identity, {
      timing: { keepaliveMs: 100, keepaliveTimeoutMs: 100, welcomeWithinMs: 500 },
    });
    await daemon.start();
    (await listener.nextSession()).welcome();
    await daemon.connected();
    proxy.freeze();
    await expect.poll(() => daemon.status.session.kind, { timeout: 5000 }).not.toBe('open');
    const again = await listener.nextSession();
    await again.next('hello');
  });

  test('is given up when the controller acknowledges nothing although its connection lives', async () => {
    const { listener, session, executor } = await setup({ timing: { acknowledgeWithinMs: 30 } });
    session.welcome({ heartbeatIntervalMs: 10 });
    session.execute(newId(), 'cmd.run', {});
    (await executor.at(0)).end({ outcome: 'ok' });
    const again = await listener.nextSession();
    expect(await again.next('hello')).toMatchObject({ unacknowledged: [expect.any(String)] });
  });
});

describe('finding a controller', () => {
  test('goes to the next endpoint when one does not answer', async () => {
    const listener = await listen();
    const { daemon } = daemonFor(listener.authority.identity(['localhost:1', listener.endpoint]));
    await daemon.start();
    (await listener.nextSession()).welcome();
    await daemon.connected();
  });

  test('learns endpoints from Welcome, keeps them, and finds the second controller when the first goes', async () => {
    const authority = new ScriptedAuthority();
    const [first, second] = [await listen(authority), await listen(authority)];
    const saved: Identity[] = [];
    const identity = holdIdentity(authority.identity([first.endpoint]), (identity) => saved.push(identity));
    const { daemon } = daemonFor(identity.current, { identity });
    await daemon.start();
    (await first.nextSession()).welcome({ endpoints: [second.endpoint, first.endpoint] });
    await daemon.connected();
    expect(saved.map(({ endpoints }) => endpoints)).toEqual([[first.endpoint, second.endpoint]]);
    first.stop();
    await (await second.nextSession()).next('hello');
  });

  test('goes where and when Reconnect says', async () => {
    const authority = new ScriptedAuthority();
    const [first, second] = [await listen(authority), await listen(authority)];
    const { daemon } = daemonFor(authority.identity([first.endpoint]));
    await daemon.start();
    const session = await first.nextSession();
    session.welcome();
    await daemon.connected();
    const at = performance.now();
    const value = { afterMs: 150, spreadMs: 1000, endpoints: [second.endpoint], reason: 'stopping' };
    session.send({ $case: 'reconnect', value });
    await (await second.nextSession()).next('hello');
    expect(performance.now() - at).toBeGreaterThanOrEqual(145);
    expect(first.sessions.length).toBe(1);
  });

  test('waits longer with every failure, and a session that ends at once is one', async () => {
    const listener = await listen();
    listener.onSession = (session) => {
      session.welcome();
      session.fail(Status.ABORTED, 'a newer session of this node was opened');
    };
    const { daemon } = daemonFor(listener.authority.identity([listener.endpoint]), {
      random: () => 0.999,
      timing: { backoffFirstMs: 20, backoffMaxMs: 10_000 },
    });
    const at: number[] = [];
    const onSession = listener.onSession;
    listener.onSession = (session) => {
      at.push(performance.now());
      onSession(session);
    };
    await daemon.start();
    await expect.poll(() => at.length).toBeGreaterThanOrEqual(6);
    const waits = at.slice(1).map((instant, index) => instant - (at[index] ?? 0));
    expect(waits[4]).toBeGreaterThan(0.99 * 20 * 2 ** 4); // a timer is late under load, never early
  });

  test('takes nobody for the controller whose certificate it does not trust', async () => {
    const impostor = await listen();
    const { daemon } = daemonFor(new ScriptedAuthority().identity([impostor.endpoint]));
    await daemon.start();
    await expect
      .poll(() => daemon.status.session)
      .toMatchObject({ kind: 'waiting', problem: expect.stringMatching(/certificate/) });
    expect(impostor.sessions).toEqual([]);
  });
});

describe('a refusal', () => {
  test('by Revoked is the end: the daemon does not come back', async () => {
    const { listener, session, daemon } = await setup();
    session.welcome();
    session.send({ $case: 'revoked', value: { reason: 'deregistered' } });
    expect(await daemon.ended).toEqual({ kind: 'revoked', reason: 'deregistered' });
    expect(daemon.status.session).toEqual({ kind: 'over', end: { kind: 'revoked', reason: 'deregistered' } });
    expect(listener.sessions.length).toBe(1);
  });

  test('by the word that the certificate is revoked is the end too', async () => {
    const listener = await listen();
    listener.onSession = (session) => session.fail(Status.PERMISSION_DENIED, 'it is revoked', 'revoked');
    const { daemon } = daemonFor(listener.authority.identity([listener.endpoint]));
    await daemon.start();
    expect(await daemon.ended).toEqual({ kind: 'revoked', reason: 'it is revoked' });
  });

  test.each([
    ['the certificate is not known', Status.UNAVAILABLE, 'not_known'],
    ['the certificate is refused', Status.PERMISSION_DENIED, undefined],
    ['the certificate has ended', Status.UNAUTHENTICATED, undefined],
  ] as const)(
    'because %s is never the end, however often it comes: it is shown, and waited out',
    async (why, code, reason) => {
      const listener = await listen();
      listener.onSession = (session) => {
        if (listener.sessions.length > 9) session.welcome();
        else session.fail(code, `${why} here`, reason);
      };
      const { daemon } = daemonFor(listener.authority.identity([listener.endpoint]), {
        timing: { backoffFirstMs: 1, backoffMaxMs: 2 },
        random: () => 0.5,
      });
      const problems = new Set<string>();
      daemon.onSessionChange(() => {
        const { session } = daemon.status;
        if (session.kind === 'waiting') problems.add(session.problem);
      });
      await daemon.start();
      await daemon.connected();
      expect([...problems].join()).toContain(`${why} here`);
    },
  );

  test('of a new certificate has the one before it tried, and a new one asked for', async () => {
    const listener = await listen();
    const before = listener.authority.identity([listener.endpoint], lifeFrom(-80, 10));
    const unknown = listener.authority.identity([listener.endpoint]);
    const { privateKey, certificateChain } = before;
    const identity = heldInMemory({ ...unknown, formerly: { privateKey, certificateChain } });
    const serials: (string | undefined)[] = [];
    listener.onSession = (session) => {
      serials.push(session.serial);
      if (session.serial === certificateLife(unknown).serial)
        session.fail(Status.UNAVAILABLE, 'not known here', 'not_known');
      else session.welcome();
    };
    listener.onRenew = ({ csr }) => ({
      certificateChain: listener.authority.certify(Buffer.from(csr)),
      caBundle: '',
      notAfter: undefined,
    });
    const { daemon } = daemonFor(unknown, { identity, renewsCertificate: true });
    await daemon.start();
    await expect.poll(() => serials.length).toBe(3);
    await daemon.connected();
    expect(serials).toEqual([
      certificateLife(unknown).serial,
      certificateLife(before).serial,
      certificateLife(identity.current).serial,
    ]);
    expect(identity.current.formerly).toBeUndefined();
  });

  test('of the certificate before the present one ends nothing, not even as revoked', async () => {
    const listener = await listen();
    const before = listener.authority.identity([listener.endpoint]);
    const present = listener.authority.identity([listener.endpoint]);
    const { privateKey, certificateChain } = before;
    let attempts = 0;
    listener.onSession = (session) => {
      attempts += 1;
      if (session.serial === certificateLife(before).serial)
        session.fail(Status.PERMISSION_DENIED, 'revoked', 'revoked');
      else if (attempts < 4) session.fail(Status.UNAVAILABLE, 'not known here', 'not_known');
      else session.welcome();
    };
    const identity = heldInMemory({ ...present, formerly: { privateKey, certificateChain } });
    const { daemon } = daemonFor(present, { identity, renewsCertificate: true });
    await daemon.start();
    await daemon.connected();
    expect(identity.current.formerly).toBeUndefined();
    expect(certificateLife(identity.current).serial).toBe(certificateLife(present).serial);
  });

  test('of the protocol version is shown, and tried again', async () => {
    const listener = await listen();
    listener.onSession = (session) =>
      session.fail(Status.FAILED_PRECONDITION, 'version 1 is not spoken here; update the daemon');
    const { daemon } = daemonFor(listener.authority.identity([listener.endpoint]), { random: () => 0.5 });
    await daemon.start();
    await expect
      .poll(() => daemon.status.session)
      .toMatchObject({
        problem: expect.stringMatching(/are not compatible: version 1 is not spoken here; update the daemon/),
      });
    await expect.poll(() => listener.sessions.length).toBeGreaterThan(1);
  });

  test('that says nothing counts when no Welcome comes in time', async () => {
    const { listener, daemon } = await setup({ timing: { welcomeWithinMs: 50 } });
    await listener.nextSession();
    expect(daemon.status.session.kind).not.toBe('open');
  });
});

describe('the certificate', () => {
  test('is renewed when its time has come, kept, and used for the next session', async () => {
    const listener = await listen();
    const { authority } = listener;
    const saved: Identity[] = [];
    const old = authority.identity([listener.endpoint], lifeFrom(-80, 10));
    const identity = holdIdentity(old, (identity) => saved.push(identity));
    const { daemon } = daemonFor(old, { identity, renewsCertificate: true });
    listener.onSession = (session) => session.welcome();
    listener.onRenew = ({ csr }) => ({ certificateChain: authority.certify(csr), caBundle: '', notAfter: undefined });
    await daemon.start();
    const first = await listener.nextSession();
    const second = await listener.nextSession();
    const [renewed] = saved;
    expect(renewed).toMatchObject({ nodeId: old.nodeId, caBundle: old.caBundle });
    expect(renewed?.privateKey).not.toBe(old.privateKey);
    expect(second.fingerprint).not.toBe(first.fingerprint);
    expect(renewed && certificateLife(renewed).notAfter.getTime()).toBeGreaterThan(
      certificateLife(old).notAfter.getTime(),
    );
    expect(listener.renewals.length).toBe(1);
  });
});

describe('stopping', () => {
  test('ends what runs as interrupted, says so, and leaves', async () => {
    const { session, executor, daemon } = await setup();
    session.acknowledges = true;
    session.welcome();
    const id = newId();
    session.execute(id, 'cmd.run', {});
    await executor.at(0);
    await daemon.stop();
    expect(await session.finished(id)).toMatchObject({ outcome: 'interrupted', errorCode: 'daemon_stopped' });
    await session.ended();
    expect(await daemon.ended).toEqual({ kind: 'stopped' });
  });

  test('keeps the contract of services, with and without a controller', async () => {
    const listener = await listen();
    listener.onSession = (session) => session.welcome();
    const make = (endpoint: string) => () =>
      createDaemon({
        identity: heldInMemory(listener.authority.identity([endpoint])),
        executor: new StagedExecutor(),
        readFacts: () => FACTS,
      });
    await stressService(make('localhost:1'));
    await stressService(make(listener.endpoint), { probe: (daemon) => (daemon as Daemon).connected() });
  });
});

test('a hundred light daemons share a process, and each has its own session', async () => {
  const listener = await listen();
  listener.onSession = (session) => {
    session.acknowledges = true;
    session.welcome();
  };
  const executor: Executor = {
    execute: async ({ executionId }, io) => {
      io.started();
      io.write(1, Buffer.from(executionId));
      return { outcome: 'ok', exitCode: 0 };
    },
  };
  const identity = listener.authority.identity([listener.endpoint]);
  const daemons = Array.from({ length: 100 }, () => daemonFor({ ...identity }, { executor }).daemon);
  await Promise.all(daemons.map((daemon) => daemon.start().then(() => daemon.connected())));
  const ids = listener.sessions.map((session) => {
    const id = newId();
    session.execute(id, 'cmd.run', {});
    return [session, id] as const;
  });
  await Promise.all(ids.map(([session, id]) => session.finished(id)));
  expect(ids.map(([session, id]) => session.outputOf(id))).toEqual(ids.map(([, id]) => id));
  expect(listener.sessions.length).toBe(100);
});
