import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FsListArgs } from '#protocol/tools/files.ts';
import type { Host } from '../tool-context.ts';
import { withConfinedPath } from './confined-path.ts';
import { describeEntry } from './describe-entry.ts';
import { FileFailure } from './file-failure.ts';

const DEFAULT_LIMIT = 1000;

export function listDirectory(host: Host, { path, after, limit = DEFAULT_LIMIT }: FsListArgs): unknown {
  return withConfinedPath(host, path, true, ({ realPath, entry }) => {
    if (!lstatSync(entry).isDirectory() && realPath !== '/') {
      throw new FileFailure('wrong_file_type', `${realPath} is not a directory`);
    }
    const names = readdirSync(entry).sort(inByteOrder);
    const rest = after === undefined ? names : names.filter((name) => inByteOrder(name, after) > 0);
    const listed = rest.slice(0, limit);
    return {
      path: realPath,
      entries: listed.flatMap((name) => {
        const stats = lstatSync(join(entry, name), { throwIfNoEntry: false });
        return stats === undefined ? [] : [{ name, ...describeEntry(stats) }];
      }),
      next_after: rest.length > limit ? (listed.at(-1) ?? null) : null,
    };
  });
}

function inByteOrder(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
