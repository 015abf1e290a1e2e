import { closeSync, readdirSync, readFileSync } from 'node:fs';

const O_CLOEXEC = 0o2000000;

/**
 * Closes what whoever started this program left open for it beyond the three standard streams: every command would have
 * it too. What Node opens for itself is closed on exec and stays. Call at the start, before anything is opened.
 */
export function closeInheritedDescriptors(): void {
  for (const descriptor of openDescriptors()) {
    if (descriptor > 2 && isPassedOn(descriptor)) close(descriptor);
  }
}

function openDescriptors(): number[] {
  try {
    return readdirSync('/proc/self/fd').map(Number);
  } catch {
    return []; // no /proc
  }
}

function isPassedOn(descriptor: number): boolean {
  try {
    const flags = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
  } catch {
    return false; // it was open for reading the directory only
  }
}

function close(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    // it is gone, which is what was wanted
  }
}
