import {
  type AgentDoctorArgs,
  type AgentRunArgs,
  agentDoctorSchema,
  agentRunSchema,
  type WorkspaceDeleteArgs,
  workspaceDeleteSchema,
} from './agent-run.ts';
import type { CmdRunArgs } from './cmd-run.ts';
import { cmdRunSchema } from './cmd-run.ts';
import type { FsGetArgs, FsListArgs, FsPutArgs, FsReadArgs, FsStatArgs, FsWriteArgs } from './files.ts';
import { fsGetSchema, fsListSchema, fsPutSchema, fsReadSchema, fsStatSchema, fsWriteSchema } from './files.ts';
import { type ScriptRunArgs, scriptRunSchema } from './script-run.ts';
import { type SelfUpdateArgs, selfUpdateSchema } from './self-update.ts';
import { type ServiceArgs, serviceSchema } from './service.ts';

/** The arguments of every tool, once its schema has read them. */
export interface ToolArgs {
  'cmd.run': CmdRunArgs;
  'script.run': ScriptRunArgs;
  'host.facts': Record<string, never>;
  'service.status': ServiceArgs;
  'service.start': ServiceArgs;
  'service.stop': ServiceArgs;
  'service.restart': ServiceArgs;
  'service.reload': ServiceArgs;
  'fs.read': FsReadArgs;
  'fs.list': FsListArgs;
  'fs.stat': FsStatArgs;
  'fs.write': FsWriteArgs;
  'fs.put': FsPutArgs;
  'fs.get': FsGetArgs;
  'self.update': SelfUpdateArgs;
  'agent.run': AgentRunArgs;
  'agent.doctor': AgentDoctorArgs;
  'workspace.delete': WorkspaceDeleteArgs;
}

export type ToolName = keyof ToolArgs;

/** Whether an argument may be kept and shown, or may be a secret: then it is sealed at rest and shown redacted. */
export type ArgumentPrivacy = 'readable' | 'secret';

/** Total: a tool that gets an argument has to say. */
type PrivacyOf<Name extends ToolName> = { readonly [Argument in keyof Required<ToolArgs[Name]>]: ArgumentPrivacy };

export interface Tool<Name extends ToolName = ToolName> {
  readonly name: Name;
  /** Changes nothing on the host, so a fleet may go on after a failure by default. */
  readonly isReadOnly: boolean;
  /** JSON Schema (2020-12) of the arguments; closed. */
  readonly argsSchema: Readonly<Record<string, unknown>>;
  readonly privacy: Readonly<Record<string, ArgumentPrivacy>>;
  /** One line for people. */
  readonly summary: string;
}

const noArguments = { type: 'object', additionalProperties: false, properties: {} } as const;
const ofUnit = { name: 'readable', timeout_secs: 'readable' } as const;
const ofProcess = {
  cwd: 'readable',
  env: 'secret',
  user: 'readable',
  timeout_secs: 'readable',
  detached: 'readable',
} as const;
const ofPath = { path: 'readable', user: 'readable' } as const;

/** A command line and a script are what was run: they are readable, in lists too, and no place for secrets. */
const PRIVACY: { readonly [Name in ToolName]: PrivacyOf<Name> } = {
  'cmd.run': { ...ofProcess, command: 'readable', args: 'readable', argv: 'readable', stdin: 'secret' },
  'script.run': { ...ofProcess, script: 'readable', args: 'readable', stdin: 'secret' },
  'host.facts': {},
  'service.status': ofUnit,
  'service.start': ofUnit,
  'service.stop': ofUnit,
  'service.restart': ofUnit,
  'service.reload': ofUnit,
  'fs.read': { ...ofPath, offset: 'readable', length: 'readable' },
  'fs.list': { ...ofPath, after: 'readable', limit: 'readable' },
  'fs.stat': ofPath,
  'fs.write': { ...ofPath, content: 'secret', encoding: 'readable', mode: 'readable', create_only: 'readable' },
  'fs.put': {
    ...ofPath,
    ticket: 'secret',
    sha256: 'readable',
    size: 'readable',
    name: 'readable',
    mode: 'readable',
    create_only: 'readable',
    dry_run: 'readable',
    tree: 'readable',
  },
  'fs.get': { ...ofPath, tree: 'readable' },
  'self.update': { bundles: 'readable', wait_secs: 'readable', interrupt: 'readable' },
  'agent.run': {
    dispatch_id: 'readable',
    agent: 'readable',
    definition: 'secret',
    task: 'readable',
    context: 'readable',
    repository: 'readable',
    workspace: 'readable',
    sealed: 'secret',
    model: 'readable',
    budget: 'readable',
    limits: 'readable',
    timeout_secs: 'readable',
    idle_secs: 'readable',
    network: 'readable',
    judge: 'readable',
    archive: 'readable',
  },
  'agent.doctor': { agent: 'readable' },
  'workspace.delete': { id: 'readable' },
};

export const TOOLS: { readonly [Name in ToolName]: Tool<Name> } = {
  'cmd.run': tool('cmd.run', cmdRunSchema, 'Run a program with its arguments; no shell in between.'),
  'script.run': tool('script.run', scriptRunSchema, 'Run a script of any number of lines in a login shell.'),
  'host.facts': reading('host.facts', noArguments, 'What the host says of itself.'),
  'service.status': reading('service.status', serviceSchema, 'State of a service.'),
  'service.start': tool('service.start', serviceSchema, 'Start a service.'),
  'service.stop': tool('service.stop', serviceSchema, 'Stop a service.'),
  'service.restart': tool('service.restart', serviceSchema, 'Restart a service.'),
  'service.reload': tool('service.reload', serviceSchema, 'Let a service read its configuration again.'),
  'fs.read': reading('fs.read', fsReadSchema, 'Read a file, or a part of it.'),
  'fs.list': reading('fs.list', fsListSchema, 'List a directory.'),
  'fs.stat': reading('fs.stat', fsStatSchema, 'Kind, size, owner, mode and times of what is at a path.'),
  'fs.write': tool('fs.write', fsWriteSchema, 'Write a file, all of it or nothing.'),
  'fs.put': tool(
    'fs.put',
    fsPutSchema,
    'Put a file of any size that was sent to the controller, all of it or nothing.',
  ),
  'fs.get': reading('fs.get', fsGetSchema, 'Fetch a file of any size.'),
  'self.update': tool('self.update', selfUpdateSchema, 'Bring the daemon of this node to a published release.'),
  'agent.run': tool('agent.run', agentRunSchema, 'Let a coding agent work on a task in a workspace of its own.'),
  'agent.doctor': reading(
    'agent.doctor',
    agentDoctorSchema,
    'What a host needs to run coding agents, and what is missing.',
  ),
  'workspace.delete': tool(
    'workspace.delete',
    workspaceDeleteSchema,
    'Delete a persistent workspace of coding agents.',
  ),
};

export const TOOL_NAMES = Object.keys(TOOLS) as readonly ToolName[]; // the keys of the total record

export function isToolName(name: string): name is ToolName {
  return Object.hasOwn(TOOLS, name);
}

function tool<Name extends ToolName>(name: Name, argsSchema: Tool['argsSchema'], summary: string): Tool<Name> {
  return { name, isReadOnly: false, argsSchema, privacy: PRIVACY[name], summary };
}

function reading<Name extends ToolName>(name: Name, argsSchema: Tool['argsSchema'], summary: string): Tool<Name> {
  return { name, isReadOnly: true, argsSchema, privacy: PRIVACY[name], summary };
}
