import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { type Header, pack } from 'tar-stream'; // writes bundles that no release tool would
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ReleaseManifest, writeManifest } from '#protocol/releases/manifest.ts';
import { ReleasesDirectory } from '#protocol/releases/releases-directory.ts';
import type { SelfUpdateArgs } from '#protocol/tools/self-update.ts';
import { silentLog } from '#runtime/log.ts';
import { generateSecretKey, readSecretKey, signDigest } from '#runtime/minisign/secret-key.ts';
import { GOES_ON, type ToolEnding, type ToolIo } from '../executions/executor.ts';
import { pinReleaseKey } from './release-key.ts';
import { UpdateDesk, type UpdateDeskParts } from './update-desk.ts';
import { writeUpdateRecord } from './update-record.ts';

const PLATFORM = `${process.platform}-${process.arch}`;
const key = generateSecretKey();

let home = '';
let releases: ReleasesDirectory;
let files: UpdateDeskParts['stateDir'];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'garrison-desk-'));
  mkdirSync(join(home, 'releases', 'old', 'bin'), { recursive: true });
  writeFileSync(join(home, 'releases', 'old', 'bin', 'garrison'), '');
  releases = new ReleasesDirectory(join(home, 'releases'));
  releases.switchTo('old');
  const at = (name: string) => join(home, name);
  files = { updateFile: at('update'), releaseCounterFile: at('counter'), releaseKeyFile: at('key') };
  pinReleaseKey(files, key.publicText);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** A life of the daemon: what it remembers is on the disk. */
function life(changes: Partial<UpdateDeskParts> = {}): UpdateDesk {
  const own = { root: releases.pathOf(releases.current ?? ''), version: '1' };
  const parts = { stateDir: files, releases, isEnabled: true, own, probationMs: 60_000, log: silentLog };
  return new UpdateDesk({ ...parts, othersRunning: () => 0, hasStarted: () => true, ...changes });
}

type Entry = readonly [header: Partial<Header> & Pick<Header, 'name'>, content?: string];

/** A release that says its version. */
function entriesOf(version: string): Entry[] {
  const script = `#!/bin/sh\necho ${version}\n`;
  return [
    [{ name: 'r/', type: 'directory' }],
    [{ name: 'r/bin/', type: 'directory' }],
    [{ name: 'r/bin/garrison', mode: 0o755 }, script],
  ];
}

async function packed(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const [header, content] of entries) tar.entry(header, content ?? '');
  tar.finalize();
  return buffer(tar.pipe(createGzip()));
}

function orderFor(bundle: Buffer, changes: Partial<ReleaseManifest> = {}, signedBy = key): SelfUpdateArgs {
  const sha256 = createHash('sha256').update(bundle).digest('hex');
  const said = { kind: 'node', version: '2', platform: PLATFORM, counter: 5, protocols: [1, 2], ...changes } as const;
  const comment = writeManifest({ ...said, bytes: bundle.length, sha256 });
  const digest = createHash('blake2b512').update(bundle).digest();
  const signature = signDigest(readSecretKey(signedBy.secretText), digest, comment);
  return { bundles: [{ platform: PLATFORM, sha256, signature }] };
}

interface Way {
  /** Ends the download after so many bytes. */
  readonly breaksAt?: number;
  readonly signal?: AbortSignal;
  readonly asked?: number[];
}

/** Files as a controller sends them. */
function ioFor(bundle: Buffer, { breaksAt, signal = new AbortController().signal, asked = [] }: Way = {}): ToolIo {
  const download: ToolIo['files']['download'] = async ({ offset = 0, take }) => {
    asked.push(offset);
    await take(bundle.subarray(offset, breaksAt));
    if (breaksAt !== undefined) throw new Error('the connection broke');
    return {} as never; // nobody reads it
  };
  return { signal, started: () => {}, files: { download } } as unknown as ToolIo; // all that an update uses
}

async function failureOf(desk: UpdateDesk, args: SelfUpdateArgs, io: ToolIo): Promise<ToolEnding> {
  const ending = await desk.run(args, io, 'x');
  if (ending === GOES_ON) throw new Error('the update goes on');
  return ending;
}

/** Brings the desk to the switch, and ends that life. */
async function switched(desk: UpdateDesk, args: SelfUpdateArgs, bundle: Buffer, asked: number[] = []): Promise<void> {
  const killed = new AbortController();
  const running = desk.run(args, ioFor(bundle, { asked, signal: killed.signal }), 'x');
  await Promise.race([desk.restart, running.then((ending) => Promise.reject(new Error(JSON.stringify(ending))))]);
  killed.abort({ kind: 'daemon_stopped' });
  expect(await running).toBe(GOES_ON);
}

const untouched = () => [releases.current, releases.isOnProbation, existsSync(files.updateFile)];

describe('a release that will not do leaves the node as it is, and says why', () => {
  test.each<[string, Entry, string]>([
    ['a symbolic link', [{ name: 'r/x', type: 'symlink', linkname: '/etc/passwd' }], 'symlink'],
    ['a hard link', [{ name: 'r/x', type: 'link', linkname: 'r/bin/garrison' }], 'link'],
    ['a device', [{ name: 'r/x', type: 'character-device', devmajor: 1, devminor: 3 }], 'character-device'],
    ['a pipe', [{ name: 'r/x', type: 'fifo' }], 'fifo'],
    ['a name that leads up', [{ name: 'r/../../x' }, 'x'], 'leads elsewhere'],
    ['a name from the root', [{ name: '/x' }, 'x'], 'leads elsewhere'],
    ['a second directory', [{ name: 's/x' }, 'x'], 'not one directory'],
  ])('%s in the bundle', async (_what, entry, why) => {
    const bundle = await packed([...entriesOf('2'), entry]);
    const ending = await failureOf(life(), orderFor(bundle), ioFor(bundle));
    expect(ending).toMatchObject({ errorCode: 'release_refused', errorMessage: expect.stringContaining(why) });
    expect(untouched()).toEqual(['old', false, false]);
    expect(existsSync(join(home, 'x'))).toBe(false);
  });

  test.each<[string, Partial<ReleaseManifest>, string]>([
    ['another platform', { platform: 'plan9-mips' }, 'plan9-mips'],
    ['an older counter', { counter: 4 }, 'older than the present one'],
    ['a protocol that is not spoken here', { protocols: [999] }, 'node protocol'],
  ])('%s', async (_what, changes, why) => {
    writeFileSync(files.releaseCounterFile, '5\n');
    const bundle = await packed(entriesOf('2'));
    const asked: number[] = [];
    const ending = await failureOf(life(), orderFor(bundle, changes), ioFor(bundle, { asked }));
    expect(ending).toMatchObject({ errorCode: 'release_refused', errorMessage: expect.stringContaining(why) });
    expect([untouched(), asked]).toEqual([['old', false, false], []]);
  });

  test('a good signature of another key', async () => {
    const bundle = await packed(entriesOf('2'));
    const ending = await failureOf(life(), orderFor(bundle, {}, generateSecretKey()), ioFor(bundle));
    expect(ending).toMatchObject({
      errorCode: 'release_refused',
      errorMessage: expect.stringContaining('another key'),
    });
  });

  test('other bytes than those that are signed', async () => {
    const [bundle, other] = [await packed(entriesOf('2')), await packed(entriesOf('3'))];
    const same = Buffer.concat([other, Buffer.alloc(bundle.length)]).subarray(0, bundle.length);
    const ending = await failureOf(life(), orderFor(bundle), ioFor(same));
    expect(ending).toMatchObject({ errorCode: 'release_refused', errorMessage: expect.stringContaining('hash') });
    expect(readdirSync(releases.incoming)).toEqual([]);
  });

  test('a release that cannot say its version', async () => {
    const bundle = await packed(entriesOf('of another name'));
    const ending = await failureOf(life(), orderFor(bundle), ioFor(bundle));
    expect(ending).toMatchObject({ errorCode: 'release_refused', errorMessage: expect.stringContaining('not run') });
  });

  test('a disk that is full: nothing that was fetched stays on it', async () => {
    const bundle = await packed(entriesOf('2'));
    const order = orderFor(bundle);
    mkdirSync(releases.incoming);
    symlinkSync('/dev/full', join(releases.incoming, `${order.bundles?.[0]?.sha256}.part`));
    const ending = await failureOf(life(), order, ioFor(bundle));
    expect(ending).toMatchObject({ errorCode: 'update_failed', errorMessage: expect.stringContaining('no room') });
    expect([untouched(), existsSync(releases.incoming)]).toEqual([['old', false, false], false]);
  });

  test('other executions that do not end in time, unless they may be interrupted', async () => {
    const bundle = await packed(entriesOf('2'));
    const order = { ...orderFor(bundle), wait_secs: 0 };
    const desk = life({ othersRunning: () => 1 });
    expect(await failureOf(desk, order, ioFor(bundle))).toMatchObject({ errorCode: 'node_busy' });
    expect(untouched()).toEqual(['old', false, false]);
    await switched(desk, { ...order, interrupt: true }, bundle);
    expect(releases.current).toBe('2-5');
  });
});

test('a download that breaks off is gone on with by the next order', async () => {
  const bundle = await packed(entriesOf('2'));
  const order = orderFor(bundle);
  const ending = await failureOf(life(), order, ioFor(bundle, { breaksAt: 20 }));
  expect(ending).toMatchObject({ errorCode: 'update_failed', errorMessage: expect.stringContaining('broke') });
  expect(untouched()).toEqual(['old', false, false]);
  const asked: number[] = [];
  await switched(life(), order, bundle, asked);
  expect([asked, releases.current]).toEqual([[20], '2-5']);
});

describe('killed at each step of the switch, the node goes on with a release that is there', () => {
  const record = {
    ...{ executionId: 'x', from: 'old', to: '2-5', fromVersion: '1', toVersion: '2', counter: 5, startedAt: 1 },
  };
  const steps: readonly [name: string, step: () => void][] = [
    ['nothing', () => {}],
    ['record', () => writeUpdateRecord(files, record)],
    ['probation', () => releases.beginProbation('old', 60)],
    ['link', () => releases.switchTo('2-5')],
    ['end of the probation', () => releases.endProbation()],
  ];
  const switchedAt = steps.findIndex(([name]) => name === 'link');

  test.each(steps.map(([name], at) => [name, at] as const))('after: %s', async (_name, last) => {
    for (const [, step] of steps.slice(0, last + 1)) step();
    const next = life();
    const isSwitched = last >= switchedAt;
    expect([releases.current, releases.isOnProbation]).toEqual([isSwitched ? '2-5' : 'old', last === switchedAt]);
    next.welcomed();
    if (last === 0) return expect(next.has('x')).toBe(false);
    const ending = await next.takeUp(ioFor(Buffer.alloc(0)));
    expect(ending).toMatchObject(isSwitched ? { outcome: 'ok' } : { errorCode: 'update_failed' });
    next.forget('x');
    expect([releases.isOnProbation, existsSync(files.updateFile)]).toEqual([false, false]);
  });
});

describe('the release key', () => {
  const nextKey = generateSecretKey();

  test('is replaced by a release that is signed with the present one, once that is good', async () => {
    const bundle = await packed([...entriesOf('2'), [{ name: 'r/release-key.pub' }, nextKey.publicText]]);
    await switched(life(), orderFor(bundle), bundle);
    expect(readFileSync(files.releaseKeyFile, 'utf8')).toBe(`${publicLine(key)}\n`);
    const next = life();
    next.welcomed();
    expect(readFileSync(files.releaseKeyFile, 'utf8')).toBe(`${publicLine(nextKey)}\n`);
    next.forget('x');
    const third = await packed(entriesOf('3'));
    const former = await failureOf(life(), orderFor(third, { version: '3', counter: 6 }), ioFor(third));
    expect(former).toMatchObject({ errorMessage: expect.stringContaining('another key') });
    await switched(life(), orderFor(third, { version: '3', counter: 6 }, nextKey), third);
    expect(releases.current).toBe('3-6');
  });

  const publicLine = ({ publicText }: typeof key) => publicText.trim().split('\n').at(-1);
});
