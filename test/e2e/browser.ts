import { type Browser, chromium } from 'playwright-core';
import { whereIs } from '#test/support/server-program.ts';

const executablePath = whereIs('chromium');

/** Set where there is no Chromium: the tests that need one are skipped with these words in their names. */
export const whyNoBrowser = executablePath === undefined ? 'no chromium on the PATH' : undefined;

/** Debian's Chromium without a window. Root has no sandbox of its own, and /dev/shm is small in containers. */
export function startBrowser(): Promise<Browser> {
  if (executablePath === undefined) throw new Error(whyNoBrowser);
  const args = ['--disable-dev-shm-usage', '--disable-gpu', '--font-render-hinting=none'];
  return chromium.launch({ executablePath, args, chromiumSandbox: process.getuid?.() !== 0 });
}
