import type { ToolName } from '#protocol/tools/tools.ts';
import type { PolicyDraft } from './policy-draft.ts';

interface Order {
  readonly tool: ToolName;
  readonly args: Readonly<Record<string, unknown>>;
  readonly on: string;
  readonly policy: PolicyDraft;
  /** Names of arguments that are not written out. */
  readonly secrets: ReadonlySet<string>;
}

/** The same order as a line for a shell. Secrets are left for whoever types it. */
export function commandLine({ tool, args, on, policy, secrets }: Order): string {
  const shown = Object.fromEntries(
    Object.entries(args).map(([name, value]) => [name, secrets.has(name) ? '…' : value]),
  );
  const { before, after, rest } = what(tool, shown);
  return [
    'garrison run',
    ...before,
    `--on ${quote(on === '' ? 'all' : on)}`,
    ...how(policy),
    ...argumentFlags(rest),
    ...after,
  ].join(' ');
}

function what(tool: ToolName, { script, command, args, ...rest }: Readonly<Record<string, unknown>>) {
  const words = Array.isArray(args) ? args.map(String) : [];
  if (tool === 'script.run')
    return { before: [quote(String(script ?? ''))], after: words.length > 0 ? ['--', ...words.map(quote)] : [], rest };
  if (tool === 'cmd.run') return { before: [], after: ['--', ...[String(command ?? ''), ...words].map(quote)], rest };
  return { before: [`--tool ${tool}`], after: [], rest: { ...rest, ...(args !== undefined && { args }) } };
}

const FLAGS_OF_THEIR_OWN = new Set(['cwd', 'user']);

function argumentFlags(args: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(args).flatMap(([name, value]) => {
    if (FLAGS_OF_THEIR_OWN.has(name)) return [`--${name} ${quote(String(value))}`];
    if (name === 'env' && typeof value === 'object' && value !== null) {
      return Object.entries(value).map(([key, each]) => `--env ${quote(`${key}=${each}`)}`);
    }
    if (name === 'stdin') return ['--stdin'];
    return [`--arg ${quote(`${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)}`];
  });
}

function how({ mode, batch, most, failure, stopAfter, deadline, floor }: PolicyDraft): string[] {
  const onError = { 'go-on': 'continue', 'fail-fast': 'fail-fast', 'stop-after': `stop-after=${stopAfter}` }[failure];
  return [
    ...(mode === 'parallel' ? [] : [`--mode ${mode === 'rolling' ? `rolling=${batch}` : mode}`]),
    ...(most === '' ? [] : [`--max-concurrency ${most}`]),
    ...(failure === 'go-on' && mode === 'parallel' ? [] : [`--on-error ${onError}`]),
    ...(floor === '' ? [] : [`--require-min ${floor}`]),
    ...(deadline === 'none' ? [] : [`--deadline ${deadline}s`]),
  ];
}

function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
