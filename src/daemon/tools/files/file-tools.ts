import { placesOf } from '../../policy/places.ts';
import { chooseAccount } from '../commands/choose-account.ts';
import { pathOfCommands } from '../processes/command-environment.ts';
import type { ToolRunner } from '../tool-context.ts';
import { actOnFile, type FileTool } from './act-on-file.ts';
import { actOnFileAs } from './act-on-file-as.ts';

export const fsRead = fileTool('fs.read');
export const fsList = fileTool('fs.list');
export const fsStat = fileTool('fs.stat');
export const fsWrite = fileTool('fs.write');

/** As the daemon's own user it is done here; as another by a process that becomes that user. */
function fileTool<Name extends FileTool>(tool: Name): ToolRunner<Name> {
  return async (args, host, io, { permit, executionId }) => {
    const chosen = await chooseAccount(permit.user);
    if ('ending' in chosen) return chosen.ending;
    const places = placesOf(host.policy, { own: host.closedPaths, path: pathOfCommands(host.environment) });
    const order = { tool, args, places };
    if (chosen.owner !== undefined) return actOnFileAs(chosen.owner, order, { io, executionId });
    io.started();
    return actOnFile(order);
  };
}
