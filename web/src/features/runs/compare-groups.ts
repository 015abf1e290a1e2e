import type { OutputGroup } from './groups.ts';

export interface ComparedGroup {
  readonly digest: string;
  readonly one: OutputGroup | undefined;
  readonly other: OutputGroup | undefined;
}

export interface Comparison {
  readonly both: readonly ComparedGroup[];
  readonly onlyOne: readonly ComparedGroup[];
  readonly onlyOther: readonly ComparedGroup[];
}

/** What two runs have in common is told by their digests: the same outcome, exit code and output. */
export function compareGroups(one: readonly OutputGroup[], other: readonly OutputGroup[]): Comparison {
  const digests = [...new Set([...one, ...other].map(({ digest }) => digest))];
  const pairs = digests.map((digest) => ({
    digest,
    one: one.find((group) => group.digest === digest),
    other: other.find((group) => group.digest === digest),
  }));
  return {
    both: pairs.filter((pair) => pair.one !== undefined && pair.other !== undefined),
    onlyOne: pairs.filter((pair) => pair.other === undefined),
    onlyOther: pairs.filter((pair) => pair.one === undefined),
  };
}
