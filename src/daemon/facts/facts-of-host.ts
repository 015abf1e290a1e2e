import type { Policy } from '../policy/policy.ts';
import { readPolicy } from '../policy/read-policy.ts';
import type { StateDir } from '../state-dir/state-dir.ts';
import type { HostFacts } from './host-facts.ts';
import { readLabels } from './labels.ts';
import { type FactsOptions, readFacts } from './read-facts.ts';

export interface HostFactsOptions {
  /** `key=value` each. */
  readonly labels?: readonly string[] | undefined;
  readonly programs?: readonly string[] | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isSelfUpdateEnabled?: boolean | undefined;
  readonly programsIn?: FactsOptions['programsIn'];
}

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What the host says of itself before a daemon runs. @throws DaemonError `configuration_invalid` */
export async function factsOfHost(stateDir: StateDir, options: HostFactsOptions): Promise<HostFacts> {
  return factsUnderPolicy(stateDir, await readPolicy(stateDir.policyFile, false), options);
}

export function factsUnderPolicy(
  stateDir: StateDir,
  policy: Policy,
  { labels = [], programs = [], env, isSelfUpdateEnabled, programsIn }: HostFactsOptions,
): HostFacts {
  return readFacts({
    labels: readLabels(stateDir.labelsFile, labels),
    programs,
    policy,
    path: env.PATH ?? DEFAULT_PATH,
    isSelfUpdateEnabled,
    programsIn,
  });
}
