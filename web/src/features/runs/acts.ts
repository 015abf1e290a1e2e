import { call } from '../../api/call.ts';
import { startRun } from '../../orders/start-run.ts';

export function cancelRun(id: string): Promise<unknown> {
  return call('POST /v1/edge/fleet/{fleet_command_id}/cancel', { path: { fleet_command_id: id } });
}

/** @returns the id of the new run. */
export function rerun(id: string, only?: 'failed'): Promise<string> {
  return startRun(`/v1/edge/fleet/runs/${encodeURIComponent(id)}/rerun`, only === undefined ? {} : { only });
}
