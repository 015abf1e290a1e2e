import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { silentLog } from '#runtime/log.ts';
import { openPolicy } from '../policy/policy.ts';
import { FactsWatch } from './facts-watch.ts';
import { readLabels } from './labels.ts';
import { readFacts } from './read-facts.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'garrison-facts-'));
  directories.push(directory);
  return directory;
}

describe('the facts of the host', () => {
  test('name the programs that are on the PATH and may be executed, also those that were asked for', () => {
    const path = newDirectory();
    writeFileSync(join(path, 'docker'), '', { mode: 0o755 });
    writeFileSync(join(path, 'git'), '', { mode: 0o644 });
    writeFileSync(join(path, 'my-tool'), '', { mode: 0o755 });
    const facts = readFacts({ labels: {}, programs: ['my-tool'], policy: openPolicy, path: `${path}:relative` });
    expect(facts.localTools).toEqual(['docker', 'my-tool']);
  });

  test('say what there is, and only the tools that the policy allows', () => {
    const policy = { ...openPolicy, allow: ['host.facts'] };
    const facts = readFacts({ labels: { a: 'b' }, programs: [], policy, path: '' });
    expect(facts).toMatchObject({ os: 'linux', arch: expect.stringMatching(/^(x86_64|aarch64)$/), labels: { a: 'b' } });
    expect(facts.invocableTools).toEqual(['host.facts']);
    expect(facts.mounts).toContain('/');
    expect(facts.mounts).not.toContain('/proc');
    expect(facts.memoryBytes).toBeGreaterThan(0);
    expect(facts.bootedAt?.getTime()).toBeLessThan(Date.now());
  });
});

describe('labels', () => {
  test('come from the file and from the command line, which wins', () => {
    const file = join(newDirectory(), 'labels');
    writeFileSync(file, '# ours\nregion = eu\n\nrack=a=b\n');
    expect(readLabels(file, ['region=us', 'empty='])).toEqual({ region: 'us', rack: 'a=b', empty: '' });
    expect(readLabels('/no/such/file', [])).toEqual({});
  });

  test.each(['', 'novalue', '=x', '-a=b', `${'a'.repeat(64)}=b`, `a=${'b'.repeat(256)}`, 'a=b\nc'])(
    'that is %j is refused',
    (label) => {
      expect(() => readLabels('/no/such/file', [label])).toThrow(/cannot be used; write key=value/);
    },
  );
});

describe('FactsWatch', () => {
  test('keeps the last facts when they cannot be read, and tells only of changes', () => {
    const read = readFacts({ labels: {}, programs: [], policy: openPolicy, path: '' });
    let next: () => typeof read = () => read;
    const told: unknown[] = [];
    const watch = new FactsWatch({
      read: () => next(),
      onChange: (facts) => told.push(facts.hostname),
      log: silentLog,
    });
    expect(watch.current).toBe(read);
    next = () => {
      throw new Error('EMFILE');
    };
    watch.look();
    expect(watch.current).toBe(read);
    next = () => ({ ...read, bootedAt: new Date(0) });
    watch.look();
    expect(told).toEqual([]);
    next = () => ({ ...read, hostname: 'renamed' });
    watch.look();
    watch.look();
    expect(told).toEqual(['renamed']);
  });
});
