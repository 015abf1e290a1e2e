import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AgentRunArgs } from '#protocol/tools/agent-run.ts';

export type RepositoryAddress =
  | { readonly kind: 'none' }
  | { readonly kind: 'remote'; readonly url: string; readonly protocol: string }
  /** On this host. */
  | { readonly kind: 'file'; readonly directory: string }
  | { readonly kind: 'refused'; readonly reason: string };

/** @param ownBase of the setting `GARRISON_GIT_BASE_URL` of this host: only that one may be a place on it */
export function addressOf(repository: AgentRunArgs['repository'], ownBase: string | undefined): RepositoryAddress {
  if (repository === undefined) return { kind: 'none' };
  const base = trimSlashes(repository.base_url);
  const protocol = base.slice(0, base.indexOf(':'));
  if (protocol !== 'file') return { kind: 'remote', url: `${base}/${repository.name}`, protocol };
  if (ownBase === undefined || trimSlashes(ownBase) !== base) {
    const why = 'repositories in files of this host are read only below the GARRISON_GIT_BASE_URL of the node itself';
    return { kind: 'refused', reason: why };
  }
  const root = fileURLToPath(base);
  const found = ['', '.git'].map((end) => join(root, repository.name + end)).find((path) => existsSync(path));
  if (found === undefined)
    return { kind: 'refused', reason: `there is no repository ${repository.name} below ${base}` };
  return { kind: 'file', directory: found };
}

function trimSlashes(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === '/') end -= 1;
  return text.slice(0, end);
}
