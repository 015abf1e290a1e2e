import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '#runtime/log.ts';
import { stressService } from '#runtime/service-stress.ts';
import { ConsoleBuild } from './console-build.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'garrison-console-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const build = () => new ConsoleBuild({ root, log: silentLog });

function write(file: string, mtime: number): void {
  mkdirSync(join(root, file, '..'), { recursive: true });
  writeFileSync(join(root, file), '');
  utimesSync(join(root, file), mtime, mtime);
}

test('starts and stops as every service does', async () => {
  write('web/dist/index.html', 1);
  await stressService(build);
});

test('a release has the files, or was made without them', async () => {
  const without = build();
  await without.start();
  expect(await without.built()).toContain('made without it');
  write('web/dist/index.html', 1);
  const released = build();
  await released.start();
  expect(await released.built()).toBeUndefined();
});

test('files that are older than their sources are served where they cannot be built anew', async () => {
  write('web/dist/index.html', 1);
  write('web/src/main.tsx', 2);
  mkdirSync(join(root, 'docs/reference/openapi'), { recursive: true });
  const service = build(); // there is no builder in this directory
  await service.start();
  expect(await service.built()).toBeUndefined();
});

test('where nothing was built and nothing can be, it says what to do', async () => {
  write('web/src/main.tsx', 2);
  mkdirSync(join(root, 'docs/reference/openapi'), { recursive: true });
  const service = build();
  await service.start();
  expect(await service.built()).toContain('npm run build:web');
});
