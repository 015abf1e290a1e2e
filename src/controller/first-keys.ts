import { join } from 'node:path';
import { ensureKey } from '#core/access/create-key.ts';
import { KEY_PREFIXES, type KeyKind } from '#core/access/key.ts';
import { EDGE_FLEET_SCOPES } from '#core/access/scopes.ts';
import type { Context } from '#core/kernel/context.ts';
import { newCredential, Secret } from '#core/kernel/secret.ts';
import type { Queryable } from '#core/kernel/sql.ts';
import { readOrCreate } from './secrets.ts';

/** Keys of the tenant every installation has, so that all four contracts can be used at once. */
export interface FirstKeys {
  /** org-outposts, for the first org. */
  readonly arbKey: Secret;
  /** agent-dispatch. */
  readonly otpKey: Secret;
  /** edge-fleet, with all of its scopes. */
  readonly edgeToken: Secret;
  /** For programs that speak MCP: they look, preview, and start what they have previewed. */
  readonly mcpToken: Secret;
}

/** Nothing of Edge Admin, of enrolment, or of rights. */
const MCP_SCOPES = [
  'garrison.hosts.read',
  'garrison.fleet.read',
  'garrison.fleet.manage',
  'edge-admin.read',
  'dispatch',
  'status',
  'cancel',
  'list',
  'garrison.mcp.api',
];

/**
 * Made at the first start, kept 0600 in the data directory, and known to the database by their hashes. Doing it again changes
 * nothing; whoever revokes one of them in the database has it revoked.
 */
export async function ensureFirstKeys(ctx: Context, db: Queryable, dataDir: string): Promise<FirstKeys> {
  const keep = async (kind: KeyKind, file: string, scopes: readonly string[] = []): Promise<Secret> => {
    const secret = new Secret(readOrCreate(join(dataDir, file), () => newCredential(KEY_PREFIXES[kind])));
    await ensureKey(ctx, { db }, { kind, name: `first start: ${file}`, scopes, secret });
    return secret;
  };
  return {
    arbKey: await keep('arb', 'arb.key'),
    otpKey: await keep('otp', 'otp.key', ['admin']),
    edgeToken: await keep('scoped', 'edge.token', EDGE_FLEET_SCOPES),
    mcpToken: await keep('scoped', 'mcp.token', MCP_SCOPES),
  };
}
