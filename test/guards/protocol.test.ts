import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generateProtocol } from '../../proto/generate.ts';
import { ROOT } from './source-imports.ts';

test('the committed protocol is what its definition generates', () => {
  const fresh = mkdtempSync(join(tmpdir(), 'garrison-protocol-'));
  try {
    generateProtocol(fresh);
    for (const file of ['garrison/node/v1/node.ts', 'google/protobuf/timestamp.ts']) {
      const committed = readFileSync(new URL(`../../src/protocol/gen/${file}`, import.meta.url), 'utf8');
      expect(readFileSync(join(fresh, file), 'utf8')).toBe(committed);
    }
  } finally {
    rmSync(fresh, { recursive: true });
  }
});

/** What a daemon of the last release would misread in the protocol with a change; additions are none of it. */
function misread(change: (text: string) => string): string {
  const copy = mkdtempSync(join(tmpdir(), 'garrison-protocol-'));
  try {
    cpSync(join(ROOT, 'proto/garrison'), join(copy, 'garrison'), { recursive: true });
    const file = join(copy, 'garrison/node/v1/node.proto');
    writeFileSync(file, change(readFileSync(file, 'utf8')));
    const config = JSON.stringify({ version: 'v2', breaking: { use: ['WIRE'] } });
    const args = ['breaking', copy, '--against', 'proto/released.json', '--config', config];
    const { stdout, stderr } = spawnSync('node_modules/.bin/buf', args, { cwd: ROOT, encoding: 'utf8' });
    return stdout + stderr;
  } finally {
    rmSync(copy, { recursive: true });
  }
}

test('daemons and controllers of the last release understand this protocol (proto/released.json, node build/record-protocol.ts)', () => {
  expect(misread((text) => text)).toBe('');
});

test.each([
  ['a field of another type', 'uint64 epoch = 2;', 'string epoch = 2;', 'changed type'],
  ['a number that is given away', 'string controller_id = 5;', '', 'deleted without reserving'],
  ['a frame with another number', 'Revoked revoked = 8;', 'Revoked revoked = 18;', 'deleted without reserving'],
])('%s is found', (_, before, after, finding) => {
  const change = (text: string) => {
    expect(text).toContain(before);
    return text.replace(before, after);
  };
  expect(misread(change)).toContain(finding);
});
