import type { DaemonPart } from '../daemon-part.ts';
import type { HangGuard } from '../tools/hangs/hang-guard.ts';

/** File systems of the host that do not answer. */
export function hangsPart({ hung }: HangGuard): DaemonPart {
  return { name: 'file systems', problems: () => (hung.problem === undefined ? [] : [hung.problem]) };
}
