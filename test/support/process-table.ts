import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Pids of the live processes whose command line or working directory holds `text`; zombies are not alive. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && isAliveWith(pid, text));
}

function isAliveWith(pid: number, text: string): boolean {
  try {
    const words = [readFileSync(`/proc/${pid}/cmdline`, 'utf8'), readlinkSync(`/proc/${pid}/cwd`)];
    if (!words.some((one) => one.includes(text))) return false;
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false; // it ended while we looked
  }
}
