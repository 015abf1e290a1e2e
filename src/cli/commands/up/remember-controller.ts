import { basename, resolve } from 'node:path';
import {
  currentProfileFile,
  namedProfileFile,
  type Profile,
  profileFileIn,
  readProfile,
  usedName,
  writeProfile,
} from '../../profile.ts';
import type { Terminal } from '../../terminal.ts';
import type { ProfilePlace, ReadyFacts } from './ready.ts';

interface RememberOptions {
  /** A person has started it, who wants to use it from the command line. A script has the line of JSON instead. */
  readonly isCurrent: boolean;
  readonly terminal: Pick<Terminal, 'env' | 'homeDir'>;
}

/**
 * Writes the profile into the data directory, and for the person who started it. The profile of another controller is never
 * overwritten, because its keys would be lost: beside it this one gets a name.
 */
export async function rememberController(
  facts: ReadyFacts,
  { isCurrent, terminal }: RememberOptions,
): Promise<ProfilePlace> {
  const profile = profileOf(facts);
  const own = profileFileIn(facts.dataDir);
  await writeProfile(own, profile);
  if (!isCurrent) return { file: own, isCurrent: false };
  const unnamed = currentProfileFile(terminal);
  if (await mayWrite(unnamed, facts.dataDir)) {
    await writeProfile(unnamed, profile);
    return { file: unnamed, isCurrent: (await usedName(terminal)) === undefined };
  }
  const name = await freeName(facts.dataDir, terminal);
  const named = namedProfileFile(name, terminal);
  if (named === undefined) return { file: own, isCurrent: false };
  await writeProfile(named, profile);
  return { file: named, isCurrent: (await usedName(terminal)) === name, name };
}

export function profileOf(facts: ReadyFacts): Profile {
  const { api, tls, nodes, masterKey, apiKey, orgId, arbKey, otpKey, edgeToken, mcpToken, dataDir } = facts;
  return { api, tls, nodes, masterKey, apiKey, orgId, arbKey, otpKey, edgeToken, mcpToken, dataDir };
}

/** There is none yet, or it is this controller's. One that cannot be read belongs to nobody here. */
async function mayWrite(file: string, dataDir: string): Promise<boolean> {
  const found = await readProfile(file).catch(() => ({ dataDir: undefined }));
  return found === undefined || (found.dataDir !== undefined && resolve(found.dataDir) === resolve(dataDir));
}

const MOST_NAMESAKES = 1_000;

/** After the data directory, with a number where another controller has that name. */
async function freeName(dataDir: string, terminal: Pick<Terminal, 'env' | 'homeDir'>): Promise<string> {
  const base =
    basename(resolve(dataDir))
      .replaceAll(/[^A-Za-z0-9_-]/g, '-')
      .replace(/^[-_]+/, '')
      .slice(0, 48) || 'garrison';
  for (let number = 1; number < MOST_NAMESAKES; number++) {
    const name = number === 1 ? base : `${base}-${number}`;
    const file = namedProfileFile(name, terminal);
    if (file !== undefined && (await mayWrite(file, dataDir))) return name;
  }
  return base;
}
