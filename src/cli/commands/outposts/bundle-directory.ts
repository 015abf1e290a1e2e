import { open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { OutpostBundle } from '#client/org-outposts/org-outposts-client.ts';
import { makeDirectory } from '#runtime/make-directory.ts';
import { writeFileAtomically } from '#runtime/write-file-atomically.ts';
import { CliError } from '../../cli-error.ts';
import { ExitCode } from '../../exit-codes.ts';

const BUNDLE_FILES = {
  certificate: 'outpost.pem',
  key: 'outpost.key',
  authorities: 'ca.pem',
  record: 'outpost.json',
} as const;

/**
 * Makes the directory, and sure that it can be written to, before anything is asked of the controller: the key comes
 * once, and with nowhere to put it, it would be lost. Refuses one that holds a bundle already, unless it is to be replaced.
 */
export async function prepareBundleDirectory(directory: string, { replace }: { replace: boolean }): Promise<void> {
  try {
    makeDirectory(directory);
    await (await open(join(directory, '.probe'), 'w', 0o600)).close();
    await rm(join(directory, '.probe'));
  } catch (cause) {
    throw new CliError(`cannot write into ${directory}: ${(cause as Error).message}`, { cause });
  }
  await refuseOpenDirectory(directory);
  const taken = (await readdir(directory)).filter((name) => Object.values<string>(BUNDLE_FILES).includes(name));
  if (taken.length === 0 || replace) return;
  throw new CliError(`${directory} holds a bundle already (${taken.join(', ')})`, {
    exitCode: ExitCode.conflict,
    advice: 'Choose another directory, or say --force to replace it.',
  });
}

/** Where the outpost finds its controller. */
export interface BundleAddresses {
  readonly api: string;
  /** API over TLS, for the heartbeat with the certificate. */
  readonly tls?: string | undefined;
  /** `host:port` of the node listener, for the session. */
  readonly nodes?: string | undefined;
}

/** Each file 0600 and whole or not at all; the certificate last, because whoever sees it takes the key beside it. */
export async function writeBundle(directory: string, bundle: OutpostBundle, addresses: BundleAddresses): Promise<void> {
  const { outpost, client_cert, client_key, ca_bundle } = bundle;
  const record = { ...addresses, outpost_id: outpost.id, ...outpost };
  writeFileAtomically(join(directory, BUNDLE_FILES.authorities), ca_bundle);
  writeFileAtomically(join(directory, BUNDLE_FILES.record), `${JSON.stringify(record, null, 2)}\n`);
  writeFileAtomically(join(directory, BUNDLE_FILES.key), client_key);
  writeFileAtomically(join(directory, BUNDLE_FILES.certificate), client_cert);
}

async function refuseOpenDirectory(directory: string): Promise<void> {
  const { mode } = await stat(directory);
  if ((mode & 0o077) === 0) return;
  throw new CliError(
    `${directory} is for a private key and can be read by others (mode ${(mode & 0o777).toString(8)})`,
    {
      advice: `Mend it with chmod 700 ${directory}, or let a new directory be made.`,
    },
  );
}
