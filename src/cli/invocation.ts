import type { Command } from 'commander';
import type { AgentDispatchClient } from '#client/agent-dispatch/agent-dispatch-client.ts';
import type { Connection } from '#client/connection.ts';
import type { EdgeAdminClient } from '#client/edge-admin/edge-admin-client.ts';
import type { EdgeFleetClient } from '#client/edge-fleet/edge-fleet-client.ts';
import type { NativeClient } from '#client/native/native-client.ts';
import type { OrgOutpostsClient } from '#client/org-outposts/org-outposts-client.ts';
import type { TunnelAccess } from '#client/tunnels/open-tunnel.ts';
import { CliError } from './cli-error.ts';
import { type CredentialOptions, type Credentials, resolveCredentials } from './credentials.ts';
import { ExitCode } from './exit-codes.ts';
import { type Paint, paintFor } from './output/paint.ts';
import { type OutputFormat, printView, type View } from './output/print-view.ts';
import { formatInstant } from './output/times.ts';
import { findProfileFile, readProfile } from './profile.ts';
import type { Terminal } from './terminal.ts';

export interface GlobalOptions extends CredentialOptions {
  readonly profile?: string;
  readonly output: OutputFormat;
}

/** One call of one command: what its global options mean, and where its answer goes. */
export class Invocation {
  readonly terminal: Terminal;
  readonly options: GlobalOptions;
  readonly paint: Paint;
  readonly #command: Command;
  #credentials: Promise<Credentials> | undefined;

  constructor(command: Command, terminal: Terminal) {
    this.#command = command;
    this.terminal = terminal;
    this.options = command.optsWithGlobals<GlobalOptions>();
    this.paint = paintFor(terminal.stdout);
  }

  get format(): OutputFormat {
    return this.options.output;
  }

  /** The options of the command itself, as its declarations read them. */
  opts<Options extends object>(): Options {
    return this.#command.opts<Options>();
  }

  /** The line as it was typed, for the one thing the parser does not keep: where the `--` was. */
  get rawArgv(): readonly string[] {
    let top = this.#command;
    while (top.parent !== null) top = top.parent;
    return (top as Command & { readonly rawArgs: readonly string[] }).rawArgs; // commander keeps it, its types do not say so
  }

  credentials(): Promise<Credentials> {
    this.#credentials ??= this.#resolveCredentials();
    return this.#credentials;
  }

  async edgeFleet(): Promise<EdgeFleetClient> {
    const credentials = await this.credentials();
    const token = this.#present(credentials.edgeFleet, 'no token for /v1/edge', '--token or GARRISON_TOKEN');
    return (await clients()).edgeFleetClient(credentials, token, credentials.tenant);
  }

  async edgeAdmin(): Promise<EdgeAdminClient> {
    const credentials = await this.credentials();
    const key = this.#present(credentials.edgeAdmin, 'no key for /api/v1', '--key or GARRISON_KEY');
    return (await clients()).edgeAdminClient(credentials, key);
  }

  async outposts(): Promise<{ client: OrgOutpostsClient; orgId: string }> {
    const credentials = await this.credentials();
    const key = this.#present(credentials.outposts, 'no key for /v1/orgs', '--key or GARRISON_KEY');
    const orgId = this.#present(credentials.orgId, 'no organisation', '--org or GARRISON_ORG', ExitCode.usage);
    return { client: await (await clients()).outpostsClient(credentials, key), orgId };
  }

  async dispatch(): Promise<AgentDispatchClient> {
    const credentials = await this.credentials();
    const key = this.#present(credentials.dispatch, 'no key for /dispatch', '--key or GARRISON_KEY');
    return (await clients()).dispatchClient(credentials, key);
  }

  async native(): Promise<NativeClient> {
    const credentials = await this.credentials();
    const key = this.#present(credentials.native, 'no key for /v1', '--key or GARRISON_KEY');
    return (await clients()).nativeClient(credentials, key);
  }

  /** For connections to machines: API_KEY opens them, and tokens that have the scope. */
  async tunnels(): Promise<TunnelAccess> {
    const credentials = await this.credentials();
    const known = credentials.edgeAdmin ?? credentials.edgeFleet;
    const key = this.#present(known, 'no key for /v1/tunnels', '--token or GARRISON_TOKEN');
    const { tenant } = credentials;
    return (await clients()).tunnelAccess(credentials, {
      authorization: `Bearer ${key}`,
      ...(tenant && { 'x-tenant-id': tenant }),
    });
  }

  /** For what anybody may read: `/pki`, `/health`. */
  async open(): Promise<Connection> {
    return (await clients()).connect(await this.credentials(), {});
  }

  print(view: View): Promise<void> {
    return printView(view, this.format, this.terminal.stdout);
  }

  /** Something for the person and not for the pipe. */
  note(text: string): void {
    if (this.format === 'table') this.terminal.stderr.write(`${text}\n`);
  }

  /** `3m ago` for people, the instant itself for a pipe. */
  ago(instant: string | null | undefined): string {
    return this.terminal.stdout.isTerminal ? formatInstant(instant, this.terminal.now()) : (instant ?? '-');
  }

  async #resolveCredentials(): Promise<Credentials> {
    const file = await findProfileFile(this.options.profile, this.terminal);
    const profile = await readProfile(file);
    const resolved = resolveCredentials(this.options, this.terminal.env, profile);
    if (profile === undefined || profile.edgeTokenExpiresAt === undefined || resolved.edgeFleet !== profile.edgeToken) {
      return resolved;
    }
    const { freshProfile } = await import('./sign-in/fresh-profile.ts');
    return resolveCredentials(this.options, this.terminal.env, await freshProfile(file, profile, this.terminal.now()));
  }

  #present(value: string | undefined, missing: string, sources: string, exitCode: ExitCode = ExitCode.auth): string {
    if (value) return value;
    throw new CliError(`${missing}, and none was given`, {
      exitCode,
      advice: `Give it with ${sources}, or sign in with garrison login. garrison up writes a profile of its own.`,
    });
  }
}

/** Not before they are needed: a daemon has no use for them. */
function clients() {
  return import('./clients.ts');
}

/** An action: the operands of the command line after the invocation. */
export function act<Operands extends unknown[]>(
  terminal: Terminal,
  work: (invocation: Invocation, ...operands: Operands) => Promise<void>,
): (...given: unknown[]) => Promise<void> {
  return async (...given) => {
    const command = given.at(-1) as Command; // commander hands over the operands, the options, and the command itself
    await work(new Invocation(command, terminal), ...(given.slice(0, -2) as Operands)); // as declared by its arguments
  };
}
