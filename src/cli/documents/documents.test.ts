import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { wholeProgram } from '../whole-program.ts';
import { commandLinePage } from './command-line-page.ts';
import { manualPage } from './manual-page.ts';

const written = (name: string) => readFile(new URL(`../../../docs/reference/${name}`, import.meta.url), 'utf8');
const WRITE = 'run: node build/write-command-line-pages.ts';

test('the reference of the command line is what the commands say', async () => {
  expect(await written('command-line.md'), WRITE).toBe(commandLinePage(await wholeProgram()));
});

test('the manual page is what the commands say', async () => {
  expect(await written('garrison.1'), WRITE).toBe(manualPage(await wholeProgram()));
});
