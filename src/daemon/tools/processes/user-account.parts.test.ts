import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findGroups, findUser } from './user-account.ts';

const PATH = process.env.PATH ?? '';
let bin: string;
beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), 'garrison-accounts-'));
});
afterEach(() => {
  process.env.PATH = PATH;
  rmSync(bin, { recursive: true, force: true });
});

/** In the place of what asks a directory on another machine. */
function install(program: string, script: string): void {
  writeFileSync(join(bin, program), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, program), 0o755);
  process.env.PATH = `${bin}:${PATH}`;
}

const ada = { name: 'ada', uid: 70_001, gid: 70_000, home: '/home/ada', shell: '/bin/bash' };

describe('an account', () => {
  test('of the host is found', async () => {
    expect(await findUser('root')).toMatchObject({ uid: 0, gid: 0 });
    expect(await findGroups({ ...ada, name: 'root', gid: 0 })).toEqual([]);
  });

  test('that only a directory knows is found with its groups', async () => {
    install('getent', '[ "$1 $2" = "passwd ada" ] && echo "ada:x:70001:70000:Ada:/home/ada:/bin/bash"');
    install('id', '[ "$1 $3" = "-G ada" ] && echo "70000 999 70010"');
    expect(await findUser('ada')).toEqual(ada);
    expect(await findGroups(ada)).toEqual([999, 70_010]);
  });

  test('that nobody knows is not found, and neither is a number or an option', async () => {
    install('getent', 'case $2 in [a-z]*) exit 2 ;; *) echo "x:x:0:0::/:/bin/sh" ;; esac');
    for (const name of ['ada', '0', '--service=files']) expect(await findUser(name), name).toBeUndefined();
  });

  test('is not waited for when the directory does not answer', async () => {
    install('getent', 'exec sleep 60');
    install('id', 'exec sleep 60');
    expect(await findUser('ada', 100)).toBe('unanswered');
    expect(await findGroups(ada, 100)).toBe('unanswered');
  });
});
