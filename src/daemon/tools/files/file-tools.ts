import type { ToolArgs } from '#protocol/tools/tools.ts';
import type { Host, ToolRunner } from '../tool-context.ts';
import { endingOfFailure } from './file-failure.ts';
import { listDirectory } from './list-directory.ts';
import { readFile } from './read-file.ts';
import { statPath } from './stat-path.ts';
import { writeFile } from './write-file.ts';

type FileTool = 'fs.read' | 'fs.list' | 'fs.stat' | 'fs.write';

export const fsRead = fileTool<'fs.read'>(readFile);
export const fsList = fileTool<'fs.list'>(listDirectory);
export const fsStat = fileTool<'fs.stat'>(statPath);
export const fsWrite = fileTool<'fs.write'>(writeFile);

/** @throws what the system says, or FileFailure */
type FileWork<Name extends FileTool> = (host: Host, args: ToolArgs[Name]) => unknown;

function fileTool<Name extends FileTool>(work: FileWork<Name>): ToolRunner<Name> {
  return async (args, host, io) => {
    io.started();
    try {
      return { outcome: 'ok', result: work(host, args) };
    } catch (error) {
      return endingOfFailure(error, args.path);
    }
  };
}
