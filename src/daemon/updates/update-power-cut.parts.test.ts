/**
 * The power goes before every step of an update in turn: each write, link, rename, removal and sync of the disk, from the order until
 * its end is acknowledged, whichever life of the daemon does it. What is real: journal, executions, tools, the desk, the
 * directory of releases, and the script that starts them. The controller is played: it gives the order, and acknowledges.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream'; // packs a release that is nothing but a script
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '#core/kernel/ids.ts';
import type { Finished } from '#protocol/gen/garrison/node/v1/node.ts';
import { writeManifest } from '#protocol/releases/manifest.ts';
import { ReleasesDirectory } from '#protocol/releases/releases-directory.ts';
import { silentLog } from '#runtime/log.ts';
import { generateSecretKey, readSecretKey, signDigest } from '#runtime/minisign/secret-key.ts';
import { CuttableDisk, type Loss, PowerCut } from '#test/support/cuttable-disk.ts';
import { Executions } from '../executions/executions.ts';
import type { Executor } from '../executions/executor.ts';
import type { HostFacts } from '../facts/host-facts.ts';
import { readFacts } from '../facts/read-facts.ts';
import { openFileJournal } from '../journal/file-journal.ts';
import type { Order } from '../journal/journal.ts';
import { openPolicy } from '../policy/policy.ts';
import type { OutgoingFrame, SessionLink } from '../session/session-link.ts';
import { memorySpool } from '../spool/memory-spool.ts';
import { emptyRuntimeDir, type StateDir, stateDirAt } from '../state-dir/state-dir.ts';
import { DetachedExecutions } from '../tools/detached/detached-executions.ts';
import { hangGuard } from '../tools/hangs/hang-guard.ts';
import { hostExecutor } from '../tools/host-executor.ts';
import { OutputPipes } from '../tools/processes/output-pipes.ts';
import { pinReleaseKey } from './release-key.ts';
import { UpdateDesk } from './update-desk.ts';

const START = join(import.meta.dirname, '..', '..', '..', 'bin', 'garrison-node-start');
const PLATFORM = `${process.platform}-${process.arch}`;
const key = generateSecretKey();
const guard = hangGuard([]);
afterAll(() => guard.workers.close());

/** A release is nothing but this script; one that crashes says its version and nothing else. */
const scriptOf = (version: string) => `#!/bin/sh\necho ${version}\n`;

interface Release {
  readonly name: string;
  readonly bundle: Buffer;
  readonly argsJson: string;
}

async function makeRelease(version: string, counter: number): Promise<Release> {
  const tar = pack();
  tar.entry({ name: 'r/', type: 'directory' });
  tar.entry({ name: 'r/bin/', type: 'directory' });
  tar.entry({ name: 'r/bin/garrison', mode: 0o755 }, scriptOf(version));
  tar.finalize();
  const bundle = await buffer(tar.pipe(createGzip()));
  const sha256 = createHash('sha256').update(bundle).digest('hex');
  const said = { kind: 'node', version, platform: PLATFORM, counter, protocols: [1, 2] } as const;
  const comment = writeManifest({ ...said, bytes: bundle.length, sha256 });
  const digest = createHash('blake2b512').update(bundle).digest();
  const signature = signDigest(readSecretKey(key.secretText), digest, comment);
  const argsJson = JSON.stringify({ bundles: [{ platform: PLATFORM, sha256, signature }] });
  return { name: `${version}-${counter}`, bundle, argsJson };
}

/** What a controller knows of one order, and what it does about it. */
class Controller {
  readonly order: Order;
  readonly #bundle: Buffer;
  /** It has said that it has the order: it is not given again. */
  #isTaken = false;
  /** Every end that was told: the same one, or the node has told two stories. */
  readonly ends: Finished[] = [];

  constructor({ argsJson, bundle }: Release) {
    this.#bundle = bundle;
    const executionId = newId();
    const limits = { timeoutMs: 0, startBefore: undefined, outputLimitBytes: 0 };
    this.order = { executionId, runId: 'run', tool: 'self.update', argsJson, ...limits };
  }

  readonly files: ConstructorParameters<typeof Executions>[0]['files'] = {
    upload: () => Promise.reject(new Error('an update leaves no files')),
    download: async ({ offset = 0, take }) => {
      const half = Math.ceil(this.#bundle.length / 2);
      if (offset < half) await take(this.#bundle.subarray(offset, half));
      await take(this.#bundle.subarray(Math.max(offset, half)));
      return {} as never; // nobody reads it
    },
  };

  /** A node whose disk knows nothing of an order that it has started would be told that it is lost. */
  welcomes(executions: Executions): void {
    const { running, unacknowledged } = executions.greeting();
    const isKnown = [...running, ...unacknowledged].includes(this.order.executionId);
    expect(isKnown || !this.#isTaken || this.ends.length > 0, 'the node knows of what it has started').toBe(true);
    executions.resume(new Date());
    if (!isKnown && this.ends.length === 0) executions.execute(this.order);
  }

  hears(frame: OutgoingFrame): void {
    if (frame.$case === 'started' || frame.$case === 'received') this.#isTaken = true;
    if (frame.$case === 'finished') this.ends.push(frame.value);
  }
}

describe.each<Loss>(['killed', 'power'])('%s', (loss) => {
  let template = '';
  let home = '';
  let stateDir: StateDir;
  let releases: ReleasesDirectory;
  let disk: CuttableDisk;
  let release: Release;
  let next: Release;
  let facts: HostFacts;

  beforeAll(async () => {
    [release, next] = [await makeRelease('2', 5), await makeRelease('3', 6)];
    facts = readFacts({ labels: {}, programs: [], policy: openPolicy, path: '/usr/bin:/bin' });
    template = mkdtempSync(join(tmpdir(), 'garrison-cut-'));
    const installed = new ReleasesDirectory(join(template, 'releases'));
    mkdirSync(join(installed.pathOf('old'), 'bin'), { recursive: true });
    writeFileSync(join(installed.pathOf('old'), 'bin', 'garrison'), scriptOf('1'), { mode: 0o755 });
    installed.switchTo('old');
    copyFileSync(START, join(installed.path, 'start'));
    mkdirSync(join(template, 'state'));
    pinReleaseKey(stateDirAt(join(template, 'state')), key.publicText);
  });
  afterAll(() => rmSync(template, { recursive: true, force: true }));

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'garrison-cut-'));
    stateDir = stateDirAt(join(home, 'state'));
    releases = new ReleasesDirectory(join(home, 'releases'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  /** What the script starts: the version that the program says. */
  function start(): string {
    return spawnSync(join(releases.path, 'start'), { encoding: 'utf8', timeout: 60_000 }).stdout.trim();
  }

  /** The daemon until it has nothing more to do, has to be started as another release, or its power goes. */
  async function live(version: string, controller: Controller): Promise<'over' | 'goes on'> {
    const over = Promise.withResolvers<void>();
    let isOpen = false;
    const link: SessionLink = {
      get isWritable() {
        return isOpen;
      },
      send(frame) {
        if (disk.isGone || !isOpen) return;
        controller.hears(frame);
        if (frame.$case === 'finished') queueMicrotask(acknowledge);
      },
    };
    emptyRuntimeDir(stateDir);
    const journal = openFileJournal({ path: stateDir.journalFile });
    const detached = new DetachedExecutions(stateDir.detachedDir);
    const desk = new UpdateDesk({
      stateDir,
      releases,
      isEnabled: true,
      own: { root: releases.pathOf(releases.current ?? ''), version },
      probationMs: 1_000,
      othersRunning: () => 0,
      hasStarted: (id) => journal.entries.get(id)?.state === 'started',
      log: silentLog,
    });
    const executor = unlessGone(
      hostExecutor({
        policy: openPolicy,
        pipes: new OutputPipes(join(stateDir.runtimeDir, 'pipes')),
        ...guard,
        detached,
        agents: undefined,
        runtimeDir: stateDir.runtimeDir,
        closedPaths: [],
        environment: {},
        facts: () => facts,
        updates: desk,
        serviceManager: () => undefined,
      }),
    );
    const { files } = controller;
    const executions = new Executions({
      ...{ journal, executor, files, link, spool: memorySpool(), log: silentLog, concurrency: 1 },
    });
    const acknowledge = () => {
      executions.acknowledgeFinished(controller.order.executionId);
      over.resolve();
    };
    try {
      desk.welcomed();
      isOpen = true;
      controller.welcomes(executions);
      if (controller.ends.length > 0) over.resolve();
      const isOver = over.promise.then(() => true);
      return disk.isGone || !(await Promise.race([disk.gone, desk.restart, isOver])) || disk.isGone
        ? 'goes on'
        : 'over';
    } finally {
      await executions.stop(0);
      await journal.close();
    }
  }

  /** The node works, as one release, and nothing is left of the update. */
  function assertWhole(what: string): void {
    const left = ['probation', 'starts', 'late', 'rolled-back', '.current.new'].filter((name) =>
      existsSync(join(releases.path, name)),
    );
    const drafts = [releases.path, stateDir.path].flatMap((directory) =>
      readdirSync(directory).filter((name) => name.endsWith('.tmp')),
    );
    expect([left, drafts, existsSync(stateDir.updateFile)], what).toEqual([[], [], false]);
  }

  /**
   * Brings the node to a release, as often as it has to be started for it. The power goes once: before this step of the
   * first life, or of the first one after a release that ends at once every time was left. Undefined: it never does.
   */
  async function update(wanted: Release, { cutsAt, isBad = false }: { cutsAt?: number; isBad?: boolean } = {}) {
    const controller = new Controller(wanted);
    let isArmed = cutsAt === undefined;
    let wasCut = false;
    for (let life = 0; life < 12; life++) {
      const version = start();
      expect(version, 'a release works').toMatch(/^[123]$/);
      const ends = isBad && version === '2';
      if (!isArmed && !ends && (!isBad || life > 1)) {
        disk.arm(cutsAt ?? 0);
        isArmed = true;
      }
      const next = ends ? 'goes on' : await live(version, controller).catch(ofPowerCut);
      wasCut ||= disk.isGone;
      disk.mend();
      if (next === 'over') return { ends: controller.ends, wasCut };
    }
    throw new Error('it never ends');
  }

  test.each([
    ['a release that is good', false],
    ['a release that ends at once, and is left', true],
  ])('%s', async (_what, isBad) => {
    disk = new CuttableDisk(home, loss);
    const told = new Set<string>();
    const leftovers = new Set<string>();
    try {
      for (let cutsAt = 1, wasCut = true; wasCut; cutsAt++) {
        for (const name of readdirSync(home)) rmSync(join(home, name), { recursive: true });
        cpSync(template, home, { recursive: true, verbatimSymlinks: true });
        disk.disarm();
        const done = await update(release, { cutsAt, isBad });
        disk.disarm();
        wasCut = done.wasCut;
        const where = `before step ${cutsAt}: ${disk.steps.at(-1)}`;
        assertWhole(where);
        const stories = new Set(
          done.ends.map(({ outcome, errorCode, errorMessage }) => [outcome, errorCode, errorMessage].join()),
        );
        expect(stories.size, where).toBe(1);
        const [end] = done.ends;
        expect([end?.outcome, releases.current], where).toEqual(
          end?.outcome === 'ok' ? ['ok', '2-5'] : [expect.any(String), 'old'],
        );
        expect(end?.outcome === 'ok' || end?.errorMessage, where).toBeTruthy();
        told.add(end?.errorCode || 'ok');
        const left = JSON.stringify([end?.errorCode, readdirSync(home, { recursive: true }).sort()]);
        if (leftovers.has(left)) continue; // from the same files another update was tried already
        leftovers.add(left);
        const again = await update(next);
        const ended = again.ends.map(({ outcome, errorMessage }) => [outcome, errorMessage]);
        expect([ended, releases.current], `${where}, and then another`).toEqual([[['ok', '']], '3-6']);
        assertWhole(where);
      }
    } finally {
      disk.close();
    }
    expect([...told].sort()).toEqual(isBad ? ['update_rolled_back'] : ['daemon_crashed', 'ok', 'update_failed']);
  });
});

/** Whatever a life that is over still tries. */
function unlessGone(executor: Executor): Executor {
  const forget = (id: string) => {
    try {
      executor.forget?.(id);
    } catch (error) {
      ofPowerCut(error);
    }
  };
  return { ...executor, forget };
}

function ofPowerCut(error: unknown): 'goes on' {
  if (error instanceof PowerCut) return 'goes on';
  throw error;
}
