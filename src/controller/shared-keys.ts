/**
 * What every controller of one database has to hold alike: the keys that callers come with, and the names in
 * certificates. The database keeps them, sealed by the secret key, and each controller settles with it at its start:
 *
 * - the database has none: what this controller has becomes everybody's;
 * - this controller has just made its own, because nobody gave it any: it takes those of the database;
 * - it was given others, or kept others from before: while another controller is alive, it refuses to start and says which;
 *   when it is alone, its own become everybody's: so keys are changed by stopping all controllers and starting them
 *   with new ones.
 */
import { type CertificateNames, DEFAULT_NAMES } from '#core/certificates/names.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { ControllerId } from '#core/kernel/ids.ts';
import { type SealedSecrets, sealedSecrets } from '#core/kernel/sealed-secrets.ts';
import { type Database, type Queryable, sql } from '#core/kernel/sql.ts';
import type { Log } from '#runtime/log.ts';
import { type ControllerSecrets, keepSecret } from './secrets.ts';

const KEYS = [
  { setting: 'MASTER_KEY', file: 'master.key', of: 'masterKey' },
  { setting: 'API_KEY', file: 'api.key', of: 'apiKey' },
  { setting: 'METRICS_KEY', file: 'metrics.key', of: 'metricsKey' },
  { setting: 'PROXY_KEY', file: 'proxy.key', of: 'proxyKey' },
] as const;

export interface SharedKeysInput {
  readonly dataDir: string;
  /** As they are given; what is not is what the database has, or the default of a new one. */
  readonly names: Partial<CertificateNames>;
  readonly secrets: ControllerSecrets;
}

export interface SharedKeys {
  readonly secrets: ControllerSecrets;
  readonly names: CertificateNames;
}

/** @throws FleetError `conflict` naming what differs; UnsealError when the secret key itself does. */
export async function settleSharedKeys(db: Database, input: SharedKeysInput, log: Log): Promise<SharedKeys> {
  const { secrets, dataDir } = input;
  const kept = sealedSecrets(secrets.sealer);
  return db.transaction(async (tx) => {
    await tx.execute(sql`lock table sealed_secrets in share row exclusive mode`); // controllers that start together take turns
    const differing: string[] = [];
    const settled = { ...secrets };
    for (const { setting, file, of } of KEYS) {
      const own = secrets[of];
      const shared = await kept.read(tx, nameOf(setting));
      if (shared === undefined) await kept.put(tx, nameOf(setting), own.reveal());
      else if (own.reveal() !== shared) {
        if (secrets.created.includes(file)) settled[of] = keepSecret(dataDir, file, shared);
        else differing.push(setting);
      }
    }
    const names = await settleNames(tx, kept, input.names, differing);
    if (differing.length === 0) return { secrets: settled, names };
    if (await hasLivePeers(tx, secrets.controllerId)) throw refusal(differing);
    for (const { setting, of } of KEYS)
      if (differing.includes(setting)) await kept.replace(tx, nameOf(setting), secrets[of].reveal());
    for (const [of, setting] of Object.entries(NAMES) as [keyof CertificateNames, string][]) // its keys are these
      if (differing.includes(setting)) await kept.replace(tx, nameOf(setting), names[of]);
    log.warn({ changed: differing }, 'this controller is alone and has other keys than before: they hold from now on');
    return { secrets: settled, names };
  });
}

const NAMES = { trustDomain: 'GARRISON_TRUST_DOMAIN', outpostSuffix: 'GARRISON_OUTPOST_SUFFIX' } as const;

/** A database that was begun when both were one setting has the domain alone: its outposts keep their suffix. */
async function settleNames(
  tx: Queryable,
  kept: SealedSecrets,
  { trustDomain, outpostSuffix = trustDomain }: Partial<CertificateNames>,
  differing: string[],
): Promise<CertificateNames> {
  const before = await kept.read(tx, nameOf(NAMES.trustDomain));
  const settle = async (setting: string, given: string | undefined, otherwise: string) => {
    const shared = await kept.read(tx, nameOf(setting));
    const settled = given ?? shared ?? otherwise;
    if (shared === undefined) await kept.put(tx, nameOf(setting), settled);
    else if (settled !== shared) differing.push(setting);
    return settled;
  };
  return {
    trustDomain: await settle(NAMES.trustDomain, trustDomain, DEFAULT_NAMES.trustDomain),
    outpostSuffix: await settle(NAMES.outpostSuffix, outpostSuffix, before ?? DEFAULT_NAMES.outpostSuffix),
  };
}

function nameOf(setting: string): string {
  return `shared/${setting}`;
}

async function hasLivePeers(tx: Queryable, ownId: ControllerId): Promise<boolean> {
  const rows = await tx.query(
    sql`select from controllers where id <> ${ownId} and lease_until > clock_timestamp() limit 1`,
  );
  return rows.length > 0;
}

function refusal(differing: readonly string[]): FleetError {
  const told = differing.filter((one) => one !== NAMES.outpostSuffix || !differing.includes(NAMES.trustDomain)); // it follows the domain
  const these = told.join(', ');
  const message =
    `${these} of this controller ${told.length === 1 ? 'is' : 'are'} not what the other controllers of this database have. ` +
    'Give it the same, or none: then it takes theirs. To change them for all, stop every controller first.';
  return new FleetError('conflict', message, { facts: { differing } });
}
