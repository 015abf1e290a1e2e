/** A controller whose disk fills up: it says so, refuses what it cannot keep, and goes on by itself when there is room. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation, script, until } from '#test/support/installation.ts';

const disk = mkdtempSync(join(tmpdir(), 'garrison-small-disk-'));
const mayMount = process.getuid?.() === 0 && canMount();
let site: Installation;

function canMount(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400m,mode=1777', 'tmpfs', disk], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

beforeAll(async () => {
  if (!mayMount) return;
  site = await Installation.start({ withLocalNode: true, within: disk });
  await until(
    'the local node is connected',
    async () => (await Array.fromAsync(site.fleet.hosts({ connected: true }))).length === 1,
  );
});
afterAll(async () => {
  await site?.close();
  if (mayMount) execFileSync('umount', ['--lazy', disk]);
  rmSync(disk, { recursive: true, force: true });
});

test.skipIf(!mayMount)(
  'orders are refused with the reason, readiness fails, and both come back with the room',
  async () => {
    const order = { target: { All: null }, ...script('true') };
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(bavail * bsize - 40 * 1024 * 1024));

    await until('the controller is not ready', async () => (await readiness()).status === 503);
    expect(await readiness()).toEqual({
      status: 503,
      body: {
        status: 'not_ready',
        failing: { disk: expect.stringMatching(/^the disk of the controller is full \(\d+ MiB free\)/) },
      },
    });
    await expect(site.run(order)).rejects.toMatchObject({
      status: 503,
      message: expect.stringContaining('nothing new is started until there is room'),
    });

    rmSync(join(disk, 'ballast'));
    await until('the controller is ready', async () => (await readiness()).status === 200);
    expect((await site.run(order)).at(-1)).toMatchObject({ event: 'fleet_result', data: { summary: { ok: 1 } } });
  },
);

async function readiness(): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${site.ready.api}/health/ready`);
  return { status: response.status, body: await response.json() };
}
