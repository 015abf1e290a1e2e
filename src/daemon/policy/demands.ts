import type { NetworkMode } from '#protocol/tools/agent-run.ts';
import { readCommandLine } from '#protocol/tools/cmd-run.ts';
import type { ToolArgs, ToolName } from '#protocol/tools/tools.ts';

/** What an order asks of the host, as far as a policy has a say in it. */
export type Demand =
  | { readonly kind: 'program'; readonly user: User; readonly file: string; readonly variables: readonly string[] }
  | { readonly kind: 'script'; readonly user: User; readonly variables: readonly string[] }
  | { readonly kind: 'file'; readonly user: User; readonly mode: string | undefined }
  | { readonly kind: 'service' }
  | { readonly kind: 'facts' }
  | { readonly kind: 'update' }
  | {
      readonly kind: 'agent';
      /** Undefined: none is started. */
      readonly agent: string | undefined;
      /** The order brings its own command line. */
      readonly isDefined: boolean;
      readonly network: NetworkMode | undefined;
      readonly hosts: readonly string[];
    };

/** Whom the order names; undefined: nobody. */
type User = string | undefined;

export type DemandKind = Demand['kind'];

interface ToolDemand<Name extends ToolName> {
  readonly kind: DemandKind;
  readonly read: (args: ToolArgs[Name]) => Demand;
}

/** Every tool there is: a tool that comes later is entered here before it compiles. */
export const TOOL_DEMANDS: { readonly [Name in ToolName]: ToolDemand<Name> } = {
  'cmd.run': {
    kind: 'program',
    read: (args) => ({
      kind: 'program',
      user: args.user,
      file: readCommandLine(args)[0],
      variables: Object.keys(args.env ?? {}),
    }),
  },
  'script.run': {
    kind: 'script',
    read: ({ user, env = {} }) => ({ kind: 'script', user, variables: Object.keys(env) }),
  },
  'host.facts': { kind: 'facts', read: () => ({ kind: 'facts' }) },
  'service.status': service(),
  'service.start': service(),
  'service.stop': service(),
  'service.restart': service(),
  'service.reload': service(),
  'fs.read': file(),
  'fs.list': file(),
  'fs.stat': file(),
  'fs.write': file(),
  'fs.put': file(),
  'fs.get': file(),
  'self.update': { kind: 'update', read: () => ({ kind: 'update' }) },
  'agent.run': {
    kind: 'agent',
    read: ({ agent, definition, network }) => ({
      kind: 'agent',
      agent,
      isDefined: definition !== undefined,
      network: network?.mode,
      hosts: network?.hosts ?? [],
    }),
  },
  'agent.doctor': { kind: 'facts', read: () => ({ kind: 'facts' }) },
  'workspace.delete': {
    kind: 'agent',
    read: () => ({ kind: 'agent', agent: undefined, isDefined: false, network: undefined, hosts: [] }),
  },
};

function service() {
  return { kind: 'service', read: (): Demand => ({ kind: 'service' }) } as const;
}

function file() {
  const read = ({ user, mode }: { readonly user?: string; readonly mode?: string }): Demand => ({
    kind: 'file',
    user,
    mode,
  });
  return { kind: 'file', read } as const;
}
