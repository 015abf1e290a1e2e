import { randomBytes } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { connectNats } from '#adapters/nats/connect.ts';
import { Secret } from '#core/kernel/secret.ts';
import { busContract, received, reconnected } from '#test/support/bus-contract.ts';
import { noNats, startNats } from '#test/support/nats-server.ts';
import { TcpProxy } from '#test/support/tcp-proxy.ts';
import { testAuthority } from '#test/support/test-authority.ts';
import { NatsBus, type NatsBusOptions } from './nats.ts';

const key = randomBytes(32);

function busAt(port: number, options: Partial<NatsBusOptions> = {}): NatsBus {
  return new NatsBus({ access: { url: new Secret(`nats://127.0.0.1:${port}`) }, key, ...options });
}

describe.skipIf(noNats)(`the bus on NATS${noNats === undefined ? '' : ` (skipped: ${noNats})`}`, () => {
  const open: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });

  async function started(bus: NatsBus): Promise<NatsBus> {
    await bus.start();
    open.push(() => bus.stop());
    return bus;
  }

  async function server(...args: Parameters<typeof startNats>) {
    const nats = await startNats(...args);
    open.push(() => nats.close());
    return nats;
  }

  busContract(async () => {
    const nats = await startNats();
    return {
      make: (options) => busAt(nats.port, options),
      async wire() {
        const proxy = new TcpProxy();
        const port = await proxy.listen();
        proxy.pointTo(nats.port);
        return { proxy, make: (options) => busAt(port, options) };
      },
      async endConnections() {
        await nats.stop('SIGKILL');
        await nats.start();
      },
      close: () => nats.close(),
    };
  });

  /** What anybody on this NATS hears who may listen. */
  async function tapped(port: number) {
    const tap = await connectNats({ url: new Secret(`nats://127.0.0.1:${port}`) }, 'tap');
    open.push(() => tap.close());
    return tap;
  }

  test('what others write, change or say again is not believed', async () => {
    const { port } = await server();
    const tap = await tapped(port);
    const frames: { subject: string; data: Uint8Array }[] = [];
    tap.subscribe('garrison.>', { callback: (_, message) => void frames.push(message) });
    await tap.flush();
    const [left, right] = [await started(busAt(port)), await started(busAt(port))];
    const heard: unknown[] = [];
    right.subscribe('t', (payload) => heard.push(payload));
    const first = received(right, 't', 1);
    left.publish('t', { n: 1 });
    await first;
    await tap.flush();
    const said = frames.at(-1);
    if (said === undefined) throw new Error('nothing was said');
    const changed = Buffer.from(said.data);
    changed[changed.length - 3] = 0x39;
    for (const data of [said.data, changed, Buffer.from('hello'), Buffer.alloc(0)]) tap.publish(said.subject, data);
    await tap.flush();
    const second = received(right, 't', 1);
    left.publish('t', { n: 2 });
    await second;
    expect(heard).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test('a message that is kept for more than a minute does not count', async () => {
    const { port } = await server();
    const left = await started(busAt(port));
    const right = busAt(port, { now: () => Date.now() + 61_000, patienceMs: 1 });
    await started(right); // what it says itself is fresh for it
    const heard: unknown[] = [];
    right.subscribe('t', (payload) => heard.push(payload));
    left.publish('t', { n: 1 });
    left.publish('t', { n: 2 });
    await left.stop();
    right.publish('t', { n: 3 });
    const own = received(right, 't', 1);
    right.publish('t', { n: 4 });
    await own;
    expect(heard).not.toContainEqual({ n: 1 });
  });

  test('controllers with another secret key do not hear each other', async () => {
    const { port } = await server();
    const [left, other, right] = [
      await started(busAt(port)),
      await started(busAt(port, { key: randomBytes(32) })),
      await started(busAt(port)),
    ];
    const heard: unknown[] = [];
    other.subscribe('t', (payload) => heard.push(payload));
    const there = received(right, 't', 1);
    left.publish('t', {});
    await there;
    expect(heard).toEqual([]);
  });

  test('a batch that was lost on the way makes everybody re-read', async () => {
    const { port } = await server();
    const deaf = new TcpProxy();
    const wired = await deaf.listen();
    deaf.pointTo(port);
    open.push(() => deaf.close());
    const left = await started(busAt(port));
    const right = await started(busAt(wired));
    const before = received(right, 't', 1);
    left.publish('t', { n: 1 });
    await before;
    const told = reconnected(right);
    deaf.cut(); // what is said now is lost
    left.publish('t', { n: 2 });
    deaf.mend();
    await told;
  });

  test('user and password, or a token, from the URL are shown; wrong ones stop the start', async () => {
    const { port } = await server(() => 'authorization { user: harbour, password: "s/1" }');
    await started(busAt(port, { access: { url: new Secret(`nats://harbour:s%2F1@127.0.0.1:${port}`) } }));
    const wrong = busAt(port, { access: { url: new Secret(`nats://harbour:wrong@127.0.0.1:${port}`) } });
    await expect(wrong.start()).rejects.toThrow(/NATS refuses the connection: .*authorization/i);
    const { port: other } = await server(() => 'authorization { token: "t0ken" }');
    await started(busAt(other, { access: { url: new Secret(`nats://t0ken@127.0.0.1:${other}`) } }));
  });

  test('a user who may not publish, or not listen, stops the start, although the client throws nothing', async () => {
    for (const denied of ['publish', 'subscribe']) {
      const { port } = await server(
        () => `authorization { users: [{ user: u, password: p, permissions: { ${denied}: { deny: "garrison.>" } } }] }`,
      );
      const bus = busAt(port, { access: { url: new Secret(`nats://u:p@127.0.0.1:${port}`) } });
      await expect(bus.start()).rejects.toThrow(/Permissions Violation/i);
    }
  });

  test('with tls:// a server of the right name and authority is believed, and no other', async () => {
    const authority = testAuthority('Authority of NATS');
    const { certificateChain, privateKey } = authority.issue('localhost', 'server');
    const nats = await server((own) => {
      own.write('ca.pem', authority.certificate);
      own.write('other.pem', testAuthority('Somebody else').certificate);
      const files = `cert_file: "${own.write('s.pem', certificateChain)}", key_file: "${own.write('s.key', privateKey)}"`;
      return `tls { ${files} }`;
    });
    const at = (host: string, authorityFile: string) =>
      busAt(nats.port, {
        access: { url: new Secret(`tls://${host}:${nats.port}`), authorityFile: nats.file(authorityFile) },
      });
    const [left, right] = [await started(at('localhost', 'ca.pem')), await started(at('localhost', 'ca.pem'))];
    const there = received(right, 't', 1);
    left.publish('t', { n: 1 });
    expect(await there).toEqual([{ n: 1 }]);
    await expect(at('localhost', 'other.pem').start()).rejects.toThrow(/NATS refuses the connection/);
  });

  test('with tls:// a server that talks in plain text is refused', async () => {
    const { port } = await server();
    const bus = busAt(port, { access: { url: new Secret(`tls://localhost:${port}`) } });
    await expect(bus.start()).rejects.toThrow(/NATS refuses the connection: .*tls/i);
  });

  test('a credentials file that others can read is refused', async () => {
    const nats = await server();
    const credentialsFile = nats.write('user.creds', 'x');
    chmodSync(credentialsFile, 0o644);
    const bus = busAt(nats.port, { access: { url: new Secret(`nats://127.0.0.1:${nats.port}`), credentialsFile } });
    await expect(bus.start()).rejects.toThrow(/open to other users/);
  });

  test('servers that are away do not keep a controller from starting; it hears the others once they are there', async () => {
    const nats = await server();
    await nats.stop();
    const bus = await started(busAt(nats.port, { patienceMs: 50 }));
    await nats.start();
    const other = await started(busAt(nats.port));
    const there = received(other, 't', 1);
    bus.publish('t', { n: 1 });
    expect(await there).toEqual([{ n: 1 }]);
  });
});
