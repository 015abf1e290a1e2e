import type { ToolName } from '#protocol/tools/tools.ts';
import { agentDoctor, deleteWorkspace, runAgent } from '../agents/run-agent.ts';
import { factsAsJson } from '../facts/host-facts.ts';
import { runCommand } from './commands/run-command.ts';
import { runScript } from './commands/run-script.ts';
import { fsList, fsRead, fsStat, fsWrite } from './files/file-tools.ts';
import { fsGet, fsPut } from './files/transfers.ts';
import { controlService } from './services/control-service.ts';
import type { ToolRunner } from './tool-context.ts';
import { selfUpdate } from './updates/self-update.ts';

/** What does the work of every tool of the registry. */
export const toolTable: { readonly [Name in ToolName]: ToolRunner<Name> } = {
  'cmd.run': runCommand,
  'script.run': runScript,
  'host.facts': async (_args, host, io) => {
    io.started();
    return { outcome: 'ok', result: factsAsJson(host.facts()) };
  },
  'service.status': controlService('service.status'),
  'service.start': controlService('service.start'),
  'service.stop': controlService('service.stop'),
  'service.restart': controlService('service.restart'),
  'service.reload': controlService('service.reload'),
  'fs.read': fsRead,
  'fs.list': fsList,
  'fs.stat': fsStat,
  'fs.write': fsWrite,
  'fs.put': fsPut,
  'fs.get': fsGet,
  'self.update': selfUpdate,
  'agent.run': runAgent,
  'agent.doctor': agentDoctor,
  'workspace.delete': deleteWorkspace,
};
