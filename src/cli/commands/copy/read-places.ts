import { posix } from 'node:path';
import type { TargetExpression } from '#surfaces/edge-fleet/shorthand/parse-target.ts';
import { usageError } from '../../cli-error.ts';

/** One side of a copy: a path of this machine, or of nodes. */
export interface CopyPlace {
  /** What is before the colon; undefined: this machine. */
  readonly on: string | undefined;
  readonly path: string;
}

export type CopyPlaceOnNode = CopyPlace & { readonly on: string };

/** A place of nodes has `:/` in it, and does not begin as a path does: `./a:/b` is a file here. */
export function readPlace(text: string): CopyPlace {
  const colon = text.indexOf(':/');
  if (/^[./~]/.test(text) || colon < 1) {
    if (!/^[./~]/.test(text) && text.includes(':'))
      throw usageError(
        `${text} has no absolute path`,
        'On a node a path begins with a slash: web-1:/etc/motd. A file here with a colon in its name: ./NAME.',
      );
    return { on: undefined, path: text };
  }
  return { on: text.slice(0, colon), path: text.slice(colon + 1) };
}

/** Last part of a path of a node, which is what somebody here has written. */
export function nameOf(path: string): string {
  return posix.basename(path);
}

/** Whether what is brought back is one file, by what was said and not by how many there are. */
export function meansOneNode(target: TargetExpression): boolean {
  const [step, ...others] = target;
  if (step === undefined || others.length > 0) return false;
  const { set } = step;
  if (set.kind === 'node') return !set.node.includes('*');
  return set.kind === 'names' && set.names.length === 1 && !/[*[]/.test(set.names[0] ?? '');
}

/** Names of directories for nodes, whose names are theirs to choose: nothing in one leads anywhere, and no two are the same. */
export class NodeDirectories {
  readonly #taken = new Set<string>();

  for(name: string, id: string): string {
    const plain = name.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, 100);
    const safe = /^[A-Za-z0-9]/.test(plain) ? plain : `_${plain}`;
    const isFree = !this.#taken.has(safe.toLowerCase());
    const directory = isFree ? safe : `${safe}-${id.replaceAll(/[^A-Za-z0-9-]/g, '_').slice(0, 60)}`;
    this.#taken.add(directory.toLowerCase());
    return directory;
  }
}
