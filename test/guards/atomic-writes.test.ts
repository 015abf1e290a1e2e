import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT, sourceFiles } from './source-imports.ts';

/** Files that put something in its place themselves, and why `runtime/write-file-atomically.ts` does not do it for them. This list only shrinks. */
const THEMSELVES: Readonly<Record<string, string>> = {
  'runtime/write-file-atomically.ts': 'it is the one',
  'adapters/artifacts/file-artifact-store.ts': 'artifacts come in pieces and are larger than memory',
  'adapters/postgres/cluster.ts': 'a directory, and a log that is put aside',
  'adapters/postgres/copy-for-all.ts': 'a directory',
  'cli/commands/backup/backup-files.ts': 'backups come in pieces and are larger than memory',
  'cli/commands/copy/save-fetched.ts': 'files of nodes come in pieces and are larger than memory',
  'cli/commands/copy/save-tree.ts': 'a directory',
  'controller/console-build.ts': 'a directory',
  'controller/audit/audit-checkpoints.ts':
    'the file may be on another machine, for which the controller does not stand still',
  'daemon/agents/workspace/persistent-workspaces.ts': 'directories, and a note of when one was used that may be lost',
  'daemon/ssh/sftp-files.ts': 'what a client of SFTP asks for is done as it asks',
  'protocol/releases/releases-directory.ts': 'a symbolic link',
  'protocol/releases/unpack-release.ts': 'a directory',
  'daemon/tools/files/write-file.ts': 'a file of the host: its owner, its permissions and links are kept',
};

test('a file is put in its place, whole, by one piece of code', () => {
  const found = sourceFiles().filter((file) => {
    const text = readFileSync(join(ROOT, 'src', file), 'utf8');
    return /import \{[^}]*\b(?:rename|renameSync|link|linkSync)\b[^}]*\} from 'node:fs(?:\/promises)?'/.test(text);
  });
  expect(found.sort()).toEqual(Object.keys(THEMSELVES).sort());
});
