import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { refusalOfCommand } from './check-command.ts';
import { openPolicy } from './policy.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** A directory with an executable `tool`, a link `alias` to it, and a link to the directory itself. */
function setup() {
  const root = mkdtempSync(join(tmpdir(), 'garrison-commands-'));
  directories.push(root);
  const bin = join(root, 'usr', 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'tool'), '#!/bin/sh\n');
  chmodSync(join(bin, 'tool'), 0o755);
  symlinkSync('tool', join(bin, 'alias'));
  symlinkSync('usr/bin', join(root, 'bin'));
  const refusal = (file: string, allowed: string[], path = bin) =>
    refusalOfCommand({ ...openPolicy, allowedCommands: allowed }, { file, variables: undefined, path });
  return { root, bin, refusal };
}

describe('a command where commands are limited', () => {
  it('may be named by its path, by its name, and through a linked directory', () => {
    const { root, bin, refusal } = setup();
    for (const file of ['tool', join(bin, 'tool'), join(root, 'bin', 'tool')]) {
      expect(refusal(file, ['tool']), file).toBeUndefined();
      expect(refusal(file, [join(bin, 'tool')]), file).toBeUndefined();
    }
  });

  it('is not allowed by another name of the same file: programs look at what they are called', () => {
    const { refusal } = setup();
    expect(refusal('tool', ['alias'])).toMatch(/does not allow/);
    expect(refusal('alias', ['tool'])).toMatch(/does not allow/);
  });

  it('is not taken by a path from wherever the command would run', () => {
    const { bin, refusal } = setup();
    const fromHere = relative(process.cwd(), join(bin, 'tool'));
    expect(refusal(fromHere, ['tool'])).toMatch(/does not allow/);
    expect(refusal('tool', ['tool'], relative(process.cwd(), bin))).toMatch(/does not allow/);
    expect(refusal('tool', ['tool'], `:${bin}`)).toMatch(/does not allow/);
  });

  it('that is not there is not allowed', () => {
    const { refusal } = setup();
    expect(refusal('nothing', ['nothing'])).toMatch(/does not allow/);
  });
});
