import type { Static } from 'typebox';
import type { Context } from '#core/kernel/context.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import {
  type ReachRule as CoreRule,
  isHostRule,
  type PortRange,
  type ReachAllowance,
  readPortRange,
  writePortRange,
} from '#core/tunnels/reach-rule.ts';
import type { NativeDeps } from '../deps.ts';
import type { ReachRule, WireReachAllowance } from '../wire/reach-rules.ts';
import { writeInstant } from './instants.ts';

/** @throws FleetError `invalid`, `not_found` for a group there is not. */
export async function readAllowance(
  ctx: Context,
  deps: Pick<NativeDeps, 'readOn'>,
  { on, kinds, hosts, ports }: WireReachAllowance,
): Promise<ReachAllowance> {
  for (const host of hosts ?? [])
    if (!isHostRule(host)) throw refused('hosts', `${host} is no name, address or network`);
  return {
    nodes: await deps.readOn(ctx, on),
    on,
    ...(kinds && { kinds }),
    ...(hosts && { hosts }),
    ...(ports && { ports: ports.map(readPorts) }),
  };
}

function readPorts(text: string): PortRange {
  const range = readPortRange(text);
  if (range === undefined) throw refused('ports', `${text} is no port and no range such as 8000-8010`);
  return range;
}

export function writeReachRule({ subject, allow, updatedAt }: CoreRule): Static<typeof ReachRule> {
  return { subject, allow: allow.map(writeAllowance), updated_at: writeInstant(updatedAt) };
}

function writeAllowance({ on, kinds, hosts, ports }: ReachAllowance) {
  return {
    on,
    ...(kinds && { kinds: [...kinds] }),
    ...(hosts && { hosts: [...hosts] }),
    ...(ports && { ports: ports.map(writePortRange) }),
  };
}

function refused(field: string, problem: string): FleetError {
  return new FleetError('invalid', problem, { details: { [field]: [problem] } });
}
