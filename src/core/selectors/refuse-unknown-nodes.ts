import { FleetError } from '../kernel/fleet-error.ts';
import type { Resolution } from './target.ts';

/** For orders that name nodes. @throws FleetError `invalid` with every id there is not. */
export function refuseUnknownNodes({ missing }: Resolution): void {
  if (missing.length === 0) return;
  throw new FleetError('invalid', `there are no nodes ${missing.join(', ')}`, {
    details: { nodeIds: missing.map((id) => `not found: ${id}`) },
  });
}
