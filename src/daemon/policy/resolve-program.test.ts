import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { decide } from './decide.ts';

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
  const isAllowed = (file: string, allowedCommands: string[], path = bin) => {
    const standing = { policy: { allowedCommands }, own: { name: 'root', uid: 0 }, path };
    return 'permit' in decide(standing, 'cmd.run', { command: file });
  };
  return { root, bin, isAllowed };
}

describe('a command where commands are limited', () => {
  test('may be named by its path, by its name, and through a linked directory', () => {
    const { root, bin, isAllowed } = setup();
    for (const file of ['tool', join(bin, 'tool'), join(root, 'bin', 'tool')]) {
      expect(isAllowed(file, ['tool']), file).toBe(true);
      expect(isAllowed(file, [join(bin, 'tool')]), file).toBe(true);
    }
  });

  test('is not allowed by another name of the same file: programs look at what they are called', () => {
    const { isAllowed } = setup();
    expect(isAllowed('tool', ['alias'])).toBe(false);
    expect(isAllowed('alias', ['tool'])).toBe(false);
  });

  test('is not taken by a path from wherever the command would run', () => {
    const { bin, isAllowed } = setup();
    const fromHere = relative(process.cwd(), join(bin, 'tool'));
    expect(isAllowed(fromHere, ['tool'])).toBe(false);
    expect(isAllowed('tool', ['tool'], relative(process.cwd(), bin))).toBe(false);
    expect(isAllowed('tool', ['tool'], `:${bin}`)).toBe(false);
  });

  test('that is not there is not allowed', () => {
    const { isAllowed } = setup();
    expect(isAllowed('nothing', ['nothing'])).toBe(false);
  });
});
