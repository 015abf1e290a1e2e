import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status as Status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newCertificateRequest } from '#daemon/identity/certificate-request.ts';
import type { Identity } from '#daemon/identity/identity.ts';
import { loadIdentity } from '#daemon/identity/identity-store.ts';
import { openChannel } from '#daemon/session/open-channel.ts';
import { stateDirAt } from '#daemon/state-dir/state-dir.ts';
import { type DaemonProcess, Installation, script, until } from '#test/support/installation.ts';
import { garrison } from '#test/support/program.ts';

let site: Installation;
let daemon: DaemonProcess;
let scratch: string;

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'garrison-keys-'));
  site = await Installation.start();
  daemon = await site.addNode('host');
});

afterAll(async () => {
  await site.close();
  rmSync(scratch, { recursive: true, force: true });
});

interface Outcome {
  readonly code: number;
  /** The answer in JSON, if there was one. */
  readonly answer: Readonly<Record<string, unknown>>;
}

/** `garrison …` on the host of the daemon. */
function onHost(...words: string[]): Promise<Outcome> {
  const args = [...words, '--state-dir', daemon.stateDir, '--output', 'json'];
  return new Promise((resolve) => {
    const child = execFile(garrison, args, (_, stdout) =>
      resolve({ code: child.exitCode ?? -1, answer: stdout === '' ? {} : JSON.parse(stdout) }),
    );
  });
}

function identity(): Identity {
  const kept = loadIdentity(stateDirAt(daemon.stateDir));
  if (kept === undefined) throw new Error('the host has no identity');
  return kept;
}

/** What a controller says to whoever shows this certificate. */
function greet(as: Identity): Promise<Status> {
  const client = openChannel(
    as,
    { endpoint: as.endpoints[0] ?? '', proxy: undefined },
    { timeMs: 20_000, timeoutMs: 10_000 },
  );
  const { csr } = newCertificateRequest('host');
  return new Promise<Status>((resolve) => {
    client.renew({ csr }, (error) => resolve(error?.code ?? Status.OK));
  }).finally(() => client.close());
}

const statusOfHost = async () => (await onHost('node', 'status')).answer;

test('a running host gets a new key: its command goes on, its session comes back, the former certificate is refused', async () => {
  const [gate, marks] = [join(scratch, 'gate'), join(scratch, 'marks')];
  const runId = await site.begin({
    target: { All: null },
    ...script(`echo begun | tee -a ${marks}; until [ -e ${gate} ]; do sleep 0.05; done; echo done`),
  });
  await until('it runs', () => existsSync(marks));
  const [before, sessionBefore] = [identity(), (await statusOfHost()).since];

  const { code, answer } = await onHost('edge', 'keys', 'rotate');
  expect(code).toBe(0);
  expect(answer.serial).not.toBe(answer.previous_serial);
  expect(identity().privateKey).not.toBe(before.privateKey);
  expect((await onHost('node', 'keys', 'show')).answer).toMatchObject({ serial: answer.serial, rotation: 'none' });

  expect(await greet(before)).toBe(Status.PERMISSION_DENIED);
  expect(await greet(identity())).toBe(Status.OK);
  expect(await statusOfHost()).toMatchObject({ state: 'connected', running: 1 });
  expect((await statusOfHost()).since).not.toBe(sessionBefore);

  writeFileSync(gate, '');
  const [result] = (await site.untilEnded(runId)).per_node;
  expect(result).toMatchObject({ outcome: 'ok', stdout_tail: 'begun\ndone\n' });
  expect(readFileSync(marks, 'utf8')).toBe('begun\n');
});

test('a rotation that is cut off by the death of daemon and controller is carried out by their next lives', async () => {
  const before = identity();
  await site.stopController('SIGKILL');
  expect((await onHost('node', 'keys', 'rotate', '--wait', '1s')).code).toBe(1);
  expect((await onHost('node', 'keys', 'show')).answer).toMatchObject({ rotation: 'ordered' });
  await daemon.stop('SIGKILL');
  await site.startController();
  daemon.start();
  await until('the rotation is done', async () => (await onHost('node', 'keys', 'show')).answer.rotation === 'none');
  expect(identity().privateKey).not.toBe(before.privateKey);
  expect(await greet(before)).toBe(Status.PERMISSION_DENIED);
  await site.untilConnected(['host']);
});

test('a host whose daemon does not run gets its new key at once, and the former one for as long as it was asked for', async () => {
  await daemon.stop();
  const former = identity();
  const { code, answer } = await onHost('node', 'keys', 'rotate', '--keep-old', '1h');
  expect([code, answer.serial === answer.previous_serial]).toEqual([0, false]);
  expect((await onHost('node', 'keys', 'show')).answer).toMatchObject({
    rotation: 'revoking',
    previous_good_until: answer.previous_good_until,
  });
  expect(await greet(former)).toBe(Status.OK);
  expect((await onHost('node', 'keys', 'rotate')).code).toBe(0);
  expect(await greet(former)).toBe(Status.PERMISSION_DENIED);
  daemon.start();
  await site.untilConnected(['host']);
});
