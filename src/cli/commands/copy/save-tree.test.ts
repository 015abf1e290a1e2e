import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type Header, pack } from 'tar-stream'; // writes what no node of ours would
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EdgeFleetClient } from '#client/edge-fleet/edge-fleet-client.ts';
import { readLocalTree } from './local-tree.ts';
import { saveTree } from './save-tree.ts';

let here: string;
beforeEach(() => {
  here = mkdtempSync(join(tmpdir(), 'garrison-tree-'));
});
afterEach(() => rmSync(here, { recursive: true, force: true }));

type Entry = Partial<Header> & { readonly name: string; readonly text?: string };

async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const packed = pack();
  for (const { text, ...header } of entries) packed.entry(header as Header, text ?? '');
  packed.finalize();
  return buffer(packed as never); // a Readable of streamx
}

/** What a node has given, as the controller keeps it. */
function given(content: Buffer) {
  const client = {
    readFetchedFile: async () =>
      (async function* () {
        yield content;
      })(),
  } as unknown as EdgeFleetClient; // nothing else is asked of it
  return [client, { nodeId: 'n', fileId: 'f', sha256: createHash('sha256').update(content).digest('hex') }] as const;
}

test('a directory comes back as it was sent, without links, and the same directory is the same content', async () => {
  const from = join(here, 'from');
  mkdirSync(join(from, 'sub', 'empty'), { recursive: true });
  const long = `${'n'.repeat(200)}é`;
  writeFileSync(join(from, 'run.sh'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(from, 'sub', long), 'x'.repeat(300_000));
  writeFileSync(join(from, 'none'), '');
  symlinkSync('/etc/passwd', join(from, 'link'));
  const tree = await readLocalTree(from);
  expect(tree).toMatchObject({ name: 'from', leftOut: 1 });
  expect((await readLocalTree(from)).sha256).toBe(tree.sha256);
  const content = Buffer.concat(await Array.fromAsync(tree.open()));
  expect(content.length).toBe(tree.size);
  await saveTree(...given(content), join(here, 'to'));
  expect(readdirSync(join(here, 'to'), { recursive: true }).toSorted()).toEqual(
    ['none', 'run.sh', 'sub', join('sub', 'empty'), join('sub', long)].toSorted(),
  );
  expect(readFileSync(join(here, 'to', 'sub', long), 'utf8')).toHaveLength(300_000);
  expect(statSync(join(here, 'to', 'run.sh')).mode & 0o100).toBe(0o100);
  expect(readdirSync(here).toSorted()).toEqual(['from', 'to']);
});

const HOSTILE: readonly (readonly [string, readonly Entry[]])[] = [
  ['a name that leads up', [{ name: '../escaped', text: 'x' }]],
  [
    'a name that leads up from below',
    [
      { name: 'a', type: 'directory' },
      { name: 'a/../../escaped', text: 'x' },
    ],
  ],
  ['an absolute name', [{ name: '/tmp/escaped-absolutely', text: 'x' }]],
  ['a link', [{ name: 'a', type: 'symlink', linkname: '/etc' }]],
  ['a link to what comes later', [{ name: 'a', type: 'link', linkname: '../../etc/passwd' }]],
  ['a device', [{ name: 'null', type: 'character-device' }]],
  ['a pipe', [{ name: 'fifo', type: 'fifo' }]],
  ['a name with an escape sequence', [{ name: 'a\u001b[2Jb', text: 'x' }]],
  ['a name with a line feed', [{ name: 'a\nb', text: 'x' }]],
  [
    'two of one name',
    [
      { name: 'a', text: 'x' },
      { name: 'a', text: 'y' },
    ],
  ],
  [
    'a file where a directory would have to be',
    [
      { name: 'a', text: 'x' },
      { name: 'a/b', text: 'y' },
    ],
  ],
  ['a file in a directory that was never named', [{ name: 'nowhere/b', text: 'y' }]],
  ['a name longer than any', [{ name: 'a'.repeat(300), text: 'x' }]],
];

test.each(HOSTILE)('%s from a node ends it, and nothing of it stays', async (_, entries) => {
  const place = join(here, 'inner', 'to');
  await expect(saveTree(...given(await tarOf(entries)), place)).rejects.toThrow();
  expect(existsSync(place)).toBe(false);
  expect(readdirSync(here)).toEqual(['inner']);
  expect(readdirSync(join(here, 'inner'))).toEqual([]);
  expect(existsSync('/tmp/escaped-absolutely')).toBe(false);
});

test('what is no tar, what was cut off, and a place that is taken are refused', async () => {
  const whole = await tarOf([{ name: 'a', text: 'x'.repeat(5_000) }]);
  for (const content of [Buffer.alloc(2_000, 'junk'), whole.subarray(0, 3_000)])
    await expect(saveTree(...given(content), join(here, 'to'))).rejects.toThrow();
  expect(readdirSync(here)).toEqual([]);
  mkdirSync(join(here, 'taken'));
  await expect(saveTree(...given(whole), join(here, 'taken'))).rejects.toThrow(/something at .*taken already/);
});
