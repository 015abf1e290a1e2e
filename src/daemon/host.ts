import { factsUnderPolicy, type HostFactsOptions } from './facts/facts-of-host.ts';
import type { HostFacts } from './facts/host-facts.ts';
import { InstalledPrograms } from './facts/installed-programs.ts';
import type { Policy } from './policy/policy.ts';
import { readPolicy } from './policy/read-policy.ts';
import type { StateDir } from './state-dir/state-dir.ts';
import { type HangGuard, hangGuard } from './tools/hangs/hang-guard.ts';

export interface HostOptions extends HostFactsOptions {
  /** Default: `policy.yaml` in the state directory, which need not be there. */
  readonly policyFile?: string | undefined;
  readonly selfUpdateEnabled?: boolean | undefined;
}

/** The host as its owner lets it be used, and what is told of it. */
export interface Host {
  readonly policy: Policy;
  readonly policyFile: string;
  readonly guard: HangGuard;
  readFacts(): HostFacts;
  /** Calls back when the facts may have changed, because directories that did not answer have answered. */
  onChange(listener: () => void): void;
}

export async function openHost(stateDir: StateDir, options: HostOptions): Promise<Host> {
  const policyFile = options.policyFile ?? stateDir.policyFile;
  const policy = await readPolicy(policyFile, options.policyFile !== undefined);
  const guard = hangGuard([stateDir.path]);
  let onChange: (() => void) | undefined;
  const installed = new InstalledPrograms(guard, () => onChange?.());
  const factsOptions = {
    ...options,
    isSelfUpdateEnabled: options.selfUpdateEnabled,
    programsIn: installed.look.bind(installed),
  };
  return {
    policy,
    policyFile,
    guard,
    readFacts: () => factsUnderPolicy(stateDir, policy, factsOptions),
    onChange: (listener) => {
      onChange = listener;
    },
  };
}
