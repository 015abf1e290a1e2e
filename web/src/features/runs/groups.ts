import type { Outcome } from '../../parts/outcome.tsx';

/** Hosts of a run whose outcome, exit code and output are the same. */
export interface OutputGroup {
  readonly digest: string;
  readonly outcome: Outcome;
  readonly exitCode: number | null;
  readonly count: number;
  readonly sampleHosts: readonly SampleHost[];
  /** The first 4 KiB of the output. */
  readonly head: string;
  readonly majority: boolean;
}

export interface SampleHost {
  readonly id: string;
  readonly name: string;
}

export interface OutputGroups {
  /** Hosts that have ended. */
  readonly total: number;
  readonly groups: readonly OutputGroup[];
  /** Groups beyond those that are listed. */
  readonly more: number;
}

/** What differs comes first, failures before others, large groups before small ones; the majority stands at the end. */
export function inOrder(groups: readonly OutputGroup[]): readonly OutputGroup[] {
  const rank = ({ majority, outcome }: OutputGroup) =>
    majority ? 3 : isFailure(outcome) ? 0 : outcome === 'ok' ? 1 : 2;
  return groups.toSorted(
    (one, other) => rank(one) - rank(other) || other.count - one.count || compare(one.digest, other.digest),
  );
}

export function isFailure(outcome: Outcome): boolean {
  return outcome === 'err' || outcome === 'timed_out';
}

/** Those that differ are open by themselves once most hosts agree; failures always. */
export function isOpenByItself(group: OutputGroup, { total, groups }: OutputGroups): boolean {
  if (groups.length === 1) return true;
  if (isFailure(group.outcome)) return true;
  const majority = groups.find((each) => each.majority);
  return !group.majority && majority !== undefined && majority.count * 2 > total;
}

/** The next group that is one of `wanted` behind (or before) the one that is looked at; goes round at the end. */
export function nextGroup(
  groups: readonly OutputGroup[],
  current: string | undefined,
  step: 1 | -1,
  wanted: (group: OutputGroup) => boolean,
): string | undefined {
  const candidates = groups.filter(wanted);
  if (candidates.length === 0) return undefined;
  const at = groups.findIndex(({ digest }) => digest === current);
  const ordered = step === 1 ? candidates : candidates.toReversed();
  const beyond = ordered.find((group) =>
    step === 1 ? groups.indexOf(group) > at : at === -1 || groups.indexOf(group) < at,
  );
  return (beyond ?? ordered[0])?.digest;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
