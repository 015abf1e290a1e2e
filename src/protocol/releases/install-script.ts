import { existsSync, readFileSync } from 'node:fs';
import { writeFileAtomically } from '#runtime/write-file-atomically.ts';

/** Puts a script that belongs to no release beside the releases; one that is there already and the same is left alone. */
export function installScript(from: string, to: string): void {
  const text = readFileSync(from, 'utf8');
  if (existsSync(to) && readFileSync(to, 'utf8') === text) return;
  writeFileAtomically(to, text, 0o755);
}
