import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Installation, script, until } from '#test/support/installation.ts';
import { NodeReleases } from '#test/support/node-releases.ts';
import { garrison } from '#test/support/program.ts';
import { hasPrevious, previousCommit, unpackPrevious } from './previous.ts';

const execute = promisify(execFile);
const releases = new NodeReleases();
const directory = mkdtempSync(join(tmpdir(), 'garrison-skew-'));
let bundle = '';

describe.skipIf(!hasPrevious())(`with the version before this one (${previousCommit.slice(0, 8)})`, () => {
  beforeAll(async () => {
    unpackPrevious(join(directory, 'previous'));
    await releases.build();
    bundle = await releases.bundle('9.1.0');
  });
  afterAll(() => {
    releases.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  /** A directory of releases that has the version before in it. */
  function installPrevious(): string {
    const home = join(directory, 'machine');
    mkdirSync(home);
    unpackPrevious(join(home, 'installed'));
    symlinkSync('installed', join(home, 'current'));
    const program = join(home, 'run');
    writeFileSync(program, `#!/bin/sh\nexec '${home}/current/bin/garrison' "$@" --supervised\n`, { mode: 0o755 });
    return program;
  }

  test('this controller works with a daemon of it: join, order, output, update', async () => {
    await works(await Installation.start(), installPrevious());
  });

  test('this daemon works with a controller of it: join, order, output, update', async () => {
    const program = join(directory, 'previous', 'bin', 'garrison');
    await works(await Installation.start({ program }), releases.install('machine').program);
  });
});

async function works(site: Installation, daemonProgram: string): Promise<void> {
  try {
    const { api, masterKey } = site.ready;
    const env = { ...process.env, GARRISON_API: api, GARRISON_KEY: masterKey, XDG_CONFIG_HOME: site.directory };
    await execute(garrison, ['releases', 'key', 'set', `${releases.key}.pub`], { env });
    await site.addNode('machine', {}, daemonProgram, { SELF_UPDATE_ENABLED: 'true' });
    const events = await site.run({ target: { All: null }, ...script('echo across versions') });
    expect(JSON.stringify(events)).toContain('across versions');
    expect(events.at(-1)).toMatchObject({ data: { summary: { ok: 1 } } });
    await execute(garrison, ['releases', 'publish', bundle], { env });
    await site.admin('POST', '/api/v1/self_update_requests', { targeting: { type: 'all' } });
    await until('the node runs the release', async () => {
      const { body } = await site.admin<{ data: { version: string }[] }>('GET', '/api/v1/nodes?status=healthy');
      return body.data[0]?.version === '9.1.0';
    });
  } finally {
    await Promise.all(site.daemons.map((daemon) => daemon.stop()));
    await site.close();
  }
}
