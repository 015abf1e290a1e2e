import { currentProfileFile, type Profile, profileFileIn, readProfile, writeProfile } from '../../profile.ts';
import type { Terminal } from '../../terminal.ts';
import type { ProfilePlace, ReadyFacts } from './ready.ts';

interface RememberOptions {
  /** Wanted for the person who started it; a script that did has the line of JSON. */
  readonly isCurrent: boolean;
  readonly terminal: Pick<Terminal, 'env' | 'homeDir'>;
}

/**
 * Writes the profile into the data directory, and makes it the current one unless that is of a controller elsewhere:
 * its keys would be lost.
 */
export async function rememberController(
  facts: ReadyFacts,
  { isCurrent, terminal }: RememberOptions,
): Promise<ProfilePlace> {
  const { api, tls, nodes, masterKey, apiKey, orgId, arbKey, otpKey, edgeToken, dataDir } = facts;
  const profile: Profile = { api, tls, nodes, masterKey, apiKey, orgId, arbKey, otpKey, edgeToken, dataDir };
  const own = profileFileIn(dataDir);
  await writeProfile(own, profile);
  const current = currentProfileFile(terminal);
  if (!isCurrent || (await isOfAnother(current))) return { file: own, isCurrent: false };
  await writeProfile(current, profile);
  return { file: current, isCurrent: true };
}

/** Profiles that an `up` has written name their data directory; those that somebody saved do not. */
async function isOfAnother(file: string): Promise<boolean> {
  const found = await readProfile(file).catch(() => ({ dataDir: undefined }));
  return found !== undefined && found.dataDir === undefined;
}
