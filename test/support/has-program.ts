import { spawnSync } from 'node:child_process';

/** Whether there is such a program on this machine: tests that need it are skipped by name where there is not. */
export function hasProgram(name: string): boolean {
  return spawnSync('which', [name]).status === 0;
}
