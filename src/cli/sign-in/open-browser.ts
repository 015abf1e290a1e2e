import { spawn } from 'node:child_process';

/** What opens an address on this system. */
const OPENERS: Readonly<Record<string, string>> = { linux: 'xdg-open', darwin: 'open' };

/** Whether there is a screen that a browser could come up on. */
export function hasBrowser(env: Readonly<Record<string, string | undefined>>): boolean {
  if (env.SSH_CONNECTION) return false;
  return process.platform === 'darwin' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
}

/** False when there is nothing that opens addresses; then the person has to. */
export function openBrowser(address: string): Promise<boolean> {
  const opener = OPENERS[process.platform];
  if (opener === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    const child = spawn(opener, [address], { stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('spawn', () => resolve(true));
    child.unref();
  });
}
