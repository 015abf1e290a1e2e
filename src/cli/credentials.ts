import { trimEndOf } from '#runtime/trim-end.ts';
import type { Profile } from './profile.ts';

/** What the command line and the environment say about the controller; the profile fills in the rest. */
export interface CredentialOptions {
  readonly api?: string | undefined;
  readonly key?: string | undefined;
  readonly token?: string | undefined;
  readonly org?: string | undefined;
  readonly tenant?: string | undefined;
  readonly ca?: string | undefined;
}

export interface Credentials {
  readonly api: string;
  /** What the profile knows of the controller's other doors. */
  readonly tls: string | undefined;
  readonly nodes: string | undefined;
  /** Bearer of `/v1/edge`. */
  readonly edgeFleet: string | undefined;
  /** Bearer of `/api/v1`. */
  readonly edgeAdmin: string | undefined;
  /** `X-API-Key` of `/v1/orgs/{org}/outposts`. */
  readonly outposts: string | undefined;
  /** `X-API-Key` of `/dispatch`, `/workspaces` and `/artifacts`. */
  readonly dispatch: string | undefined;
  /** Bearer of `/mcp`. */
  readonly mcp: string | undefined;
  /** Key for what no contract offers: organisations, tokens, certificates, the audit log. Some of it wants the master key. */
  readonly native: string | undefined;
  readonly orgId: string | undefined;
  readonly tenant: string | undefined;
  readonly ca: string | undefined;
}

export const DEFAULT_API = 'http://127.0.0.1:7070';

/**
 * Flags before environment before profile. The profile's keys go only to the profile's own controller: a key is never
 * sent to a server it was not made for because somebody typed another `--api`.
 */
export function resolveCredentials(
  flags: CredentialOptions,
  env: Readonly<Record<string, string | undefined>>,
  profile: Profile | undefined,
): Credentials {
  const api = withoutSlash(flags.api ?? env.GARRISON_API ?? profile?.api ?? DEFAULT_API);
  const own = profile !== undefined && withoutSlash(profile.api) === api ? profile : undefined;
  const key = flags.key ?? (flags.token === undefined ? env.GARRISON_KEY : undefined);
  const token = flags.token ?? (flags.key === undefined ? env.GARRISON_TOKEN : undefined);
  const said = { key: key || undefined, token: token || undefined };
  return {
    api,
    tls: own?.tls,
    nodes: own?.nodes,
    edgeFleet: said.token ?? said.key ?? own?.edgeToken,
    edgeAdmin: said.key ?? said.token ?? own?.apiKey ?? own?.masterKey ?? own?.edgeToken,
    outposts: said.key ?? said.token ?? own?.arbKey ?? own?.masterKey,
    dispatch: said.key ?? said.token ?? own?.otpKey ?? own?.apiKey ?? own?.edgeToken,
    mcp: said.token ?? said.key ?? own?.mcpToken ?? own?.edgeToken,
    native: said.key ?? said.token ?? own?.masterKey ?? own?.apiKey ?? own?.edgeToken,
    orgId: flags.org ?? env.GARRISON_ORG ?? own?.orgId,
    tenant: flags.tenant ?? env.GARRISON_TENANT ?? own?.tenant,
    ca: flags.ca ?? env.GARRISON_CA ?? own?.ca,
  };
}

function withoutSlash(url: string): string {
  return trimEndOf(url, '/');
}
