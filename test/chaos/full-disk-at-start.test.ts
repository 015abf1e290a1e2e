/** A daemon whose disk is full when it starts: it says so, stays, and works again when there is room. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DaemonProcess, Installation, script, until } from '#test/support/installation.ts';

const whyNot = process.getuid?.() === 0 ? undefined : 'only root mounts';

describe.skipIf(whyNot)(`a node on a full disk${whyNot === undefined ? '' : ` (skipped: ${whyNot})`}`, () => {
  let site: Installation;
  let daemon: DaemonProcess;
  let stateDir: string;

  beforeAll(async () => {
    site = await Installation.start();
    stateDir = join(site.directory, 'host');
    mkdirSync(stateDir);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=0700', 'garrison-test', stateDir]);
    daemon = await site.addNode('host');
    await daemon.stop();
  });

  afterAll(async () => {
    await daemon?.stop('SIGKILL');
    if (stateDir !== undefined) execFileSync('umount', ['--lazy', stateDir]);
    await site?.close();
  });

  test('is there, says so, refuses orders by name, and recovers', async () => {
    fill();
    daemon.start();
    await site.untilConnected(['host']);
    expect(await endOf()).toBe('journal_unavailable');
    await until('the node is unhealthy', async () => (await health()) === 'unhealthy');
    rmSync(join(stateDir, 'filler'));
    await until('the node is well', async () => (await health()) === 'healthy');
    expect(await endOf()).toBe('ok');
    expect(daemon.exitCode).toBeNull();
  });

  /** Until not a byte more is taken. */
  function fill(): void {
    const file = join(stateDir, 'filler');
    for (const size of [64 * 1024, 4096, 1]) {
      try {
        for (;;) writeFileSync(file, Buffer.alloc(size), { flag: 'a' });
      } catch (error) {
        expect(error).toMatchObject({ code: 'ENOSPC' });
      }
    }
    expect(() => writeFileSync(join(stateDir, 'more'), 'x')).toThrow(/ENOSPC/);
    rmSync(join(stateDir, 'more'), { force: true });
    expect(readFileSync(join(stateDir, 'journal.log')).length).toBeGreaterThanOrEqual(0);
  }

  async function endOf(): Promise<string> {
    for (const { event, data } of await site.run({ target: { All: null }, ...script('true') })) {
      if (event !== 'command_result') continue;
      return 'ok' in data.result ? 'ok' : 'err' in data.result ? data.result.err.code : 'other';
    }
    throw new Error('the run has no result');
  }

  async function health(): Promise<string | undefined> {
    const { body } = await site.admin('GET', '/api/v1/nodes');
    return /"status":"(healthy|unhealthy)"/.exec(JSON.stringify(body))?.[1];
  }
});
