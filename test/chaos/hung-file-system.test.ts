/** A file system that does not answer (the server of a FUSE mount is stopped; a dead NFS server is the same to a host). */
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FuseMount } from '#test/support/fuse-mount.ts';
import { type DaemonProcess, Installation, script, until } from '#test/support/installation.ts';
import { processesWith } from '#test/support/process-table.ts';

const whyNot = FuseMount.whyNot();

describe.skipIf(whyNot)(`a hung file system${whyNot === undefined ? '' : ` (skipped: ${whyNot})`}`, () => {
  let directory: string;
  let mount: FuseMount;
  let site: Installation;
  let daemon: DaemonProcess;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'garrison-hung-'));
    mount = await FuseMount.mount(directory);
    copyFileSync('/bin/echo', join(mount.source, 'echo-there'));
    writeFileSync(join(mount.source, 'script'), '#!/bin/sh\npwd; exit 7\n');
    for (const name of ['echo-there', 'script']) chmodSync(join(mount.source, name), 0o755);
    writeFileSync(join(directory, 'by-interpreter'), `#!${mount.point}/echo-there\n`, { mode: 0o755 });
    site = await Installation.start();
    process.env.PATH = `${process.env.PATH}:${mount.point}`; // also where the daemon looks for programs
    daemon = await site.addNode('host');
  });

  afterAll(async () => {
    mount?.goOn();
    await site?.close();
    await mount?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  test('while it answers, commands run there as anywhere', async () => {
    const there = (args: Record<string, unknown>) => endOf('cmd.run', args);
    expect(await there({ command: 'echo-there', args: ['x'], cwd: mount.point })).toMatchObject({ code: 'ok' });
    expect(await there({ command: './script', cwd: mount.point })).toMatchObject({ exitCode: 7 });
    expect(await there({ command: `${mount.point}/script` })).toMatchObject({ exitCode: 7 });
    expect(await there({ command: join(directory, 'by-interpreter') })).toMatchObject({ code: 'ok' });
    expect(await there({ command: 'true', cwd: `${mount.point}/nothing` })).toMatchObject({ code: 'spawn_failed' });
    expect(await there({ command: `${mount.point}/nothing` })).toMatchObject({ code: 'spawn_failed' });
    expect(await endOf('fs.write', { path: `${mount.point}/file`, content: 'x' })).toMatchObject({ code: 'ok' });
  });

  test('holds nothing but the orders that go there, which end by their deadline or by name', async () => {
    mount.stop();
    const there = { cwd: mount.point };
    const orders: [string, Record<string, unknown>][] = [
      ['fs.list', { path: mount.point }],
      ['fs.read', { path: `${mount.point}/file` }],
      ['fs.write', { path: `${mount.point}/other`, content: 'x' }],
      ['cmd.run', { command: `${mount.point}/script` }],
      ['cmd.run', { command: join(directory, 'by-interpreter') }],
      ['cmd.run', { command: 'true', ...there, timeout_secs: 2 }],
      ['script.run', { script: 'true', ...there, timeout_secs: 2 }],
    ];
    const ends = Promise.all(orders.map(([tool, args]) => endOf(tool, args)));
    for (let times = 0; times < 5; times++) {
      expect(await endOf('fs.stat', { path: '/etc/passwd' })).toMatchObject({ code: 'ok' });
      expect(await endOf('cmd.run', { command: 'true' })).toMatchObject({ code: 'ok' });
    }
    await until('the node says so', () => status().problems.some((text) => text.includes(mount.point)));
    expect((await ends).map(({ code }) => code)).toEqual([
      ...Array.from({ length: 5 }, () => 'path_unresponsive'),
      'timed_out',
      'timed_out',
    ]);
    expect(status().session.kind).toBe('open');
    expect(daemon.log).not.toContain('reconnect');
  });

  test('is used again when it answers again', async () => {
    mount.goOn();
    expect(await endOf('fs.read', { path: `${mount.point}/file` })).toMatchObject({ code: 'ok' });
    expect(await endOf('cmd.run', { command: './script', cwd: mount.point })).toMatchObject({ exitCode: 7 });
  });

  test('does not hold a stop of the daemon', async () => {
    mount.stop();
    const runId = await site.begin({ target: { All: null }, ...script('true'), args: stuckThere() });
    await until('it has begun', () => processesWith('command-launcher').length > 0);
    await daemon.stop('SIGTERM');
    expect(daemon.exitCode).toBe(0);
    daemon.start();
    expect((await site.untilEnded(runId)).per_node[0]).toMatchObject({ outcome: 'err' });
    mount.goOn();
  });

  const stuckThere = () => ({ command: 'true', cwd: mount.point });

  const status = () => JSON.parse(readFileSync(join(daemon.stateDir, 'status.json'), 'utf8')) as Status; // written by the daemon

  async function endOf(
    tool: string,
    args: Record<string, unknown>,
  ): Promise<{ code: string; exitCode: number | null }> {
    for (const { event, data } of await site.run({ target: { All: null }, tool, args })) {
      if (event !== 'command_result') continue;
      const { result } = data;
      if ('timed_out' in result) return { code: 'timed_out', exitCode: null };
      if ('ok' in result) return { code: 'ok', exitCode: result.ok.exit_code };
      if ('err' in result) return { code: result.err.code, exitCode: result.err.exit_code };
    }
    throw new Error('the run has no result');
  }
});

interface Status {
  readonly problems: readonly string[];
  readonly session: { readonly kind: string };
}
