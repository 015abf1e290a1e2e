import type { ToolArgs } from '#protocol/tools/tools.ts';
import type { ToolEnding } from '../../executions/executor.ts';
import type { Places } from '../../policy/places.ts';
import { endingOfFailure } from './file-failure.ts';
import { listDirectory } from './list-directory.ts';
import { putFile } from './put-file.ts';
import { readFile } from './read-file.ts';
import { statPath } from './stat-path.ts';
import { takeFile } from './take-file.ts';
import { writeFile } from './write-file.ts';

export type FileTool = 'fs.read' | 'fs.list' | 'fs.stat' | 'fs.write' | 'fs.put' | 'fs.get';

/** @throws what the system says, or FileFailure */
type FileWork<Name extends FileTool> = (places: Places, args: ToolArgs[Name]) => unknown;

const WORK: { readonly [Name in FileTool]: FileWork<Name> } = {
  'fs.read': readFile,
  'fs.list': listDirectory,
  'fs.stat': statPath,
  'fs.write': writeFile,
  'fs.put': putFile,
  'fs.get': takeFile,
};

export interface FileOrder<Name extends FileTool = FileTool> {
  readonly tool: Name;
  readonly args: ToolArgs[Name];
  readonly places: Places;
}

/** Does it as whoever this process is. */
export async function actOnFile<Name extends FileTool>({ tool, args, places }: FileOrder<Name>): Promise<ToolEnding> {
  try {
    return { outcome: 'ok', result: await WORK[tool](places, args) };
  } catch (error) {
    return endingOfFailure(error, args.path);
  }
}
