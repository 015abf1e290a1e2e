/**
 * The life of a dispatch.
 *
 * `pending`: it waits for a machine: one that offers its agent, has a free slot and, where a workspace is kept, is the one that
 *   keeps it; and for its tenant to have fewer running than it may.
 * `provisioning`: it was placed. The node has the order and makes the workspace; the agent has not been started. A node that
 *   vanishes now, or does not start in time, loses it: it is `pending` again, for another machine.
 * `running`: the node has asked for leave to start the agent and was given it, in one statement that fails when the dispatch
 *   was given back before. So there is never a second start; a node that vanishes from here on takes the dispatch with it.
 * `completing`: the agent has ended, and the node collects what it has left.
 * `success`, `failed`, `timeout`, `cancelled`: the end; the first one counts.
 *
 * A cancelled dispatch is `cancelled` at once. Its node is told to end it, and until that has been done it still takes a slot
 * and holds its workspace (`released_at`).
 */
export const DISPATCH_STATUSES = [
  'pending',
  'provisioning',
  'running',
  'completing',
  'success',
  'failed',
  'timeout',
  'cancelled',
] as const;

export type DispatchStatus = (typeof DISPATCH_STATUSES)[number];

export const DISPATCH_EVENTS = [
  'place',
  'give_back',
  'start',
  'collect',
  'succeed',
  'fail',
  'time_out',
  'cancel',
] as const;

export type DispatchEvent = (typeof DISPATCH_EVENTS)[number];

type Row = Readonly<Record<DispatchEvent, DispatchStatus | 'ignored'>>;

const ENDS = { fail: 'failed', time_out: 'timeout', cancel: 'cancelled' } as const;
const OVER: Row = {
  place: 'ignored',
  give_back: 'ignored',
  start: 'ignored',
  collect: 'ignored',
  succeed: 'ignored',
  fail: 'ignored',
  time_out: 'ignored',
  cancel: 'ignored',
};

const TRANSITIONS: Readonly<Record<DispatchStatus, Row>> = {
  pending: { ...OVER, ...ENDS, place: 'provisioning' },
  provisioning: {
    ...OVER,
    ...ENDS,
    give_back: 'pending',
    start: 'running',
    collect: 'completing',
    succeed: 'success',
  },
  running: { ...OVER, ...ENDS, collect: 'completing', succeed: 'success' },
  completing: { ...OVER, ...ENDS, succeed: 'success' },
  success: OVER,
  failed: OVER,
  timeout: OVER,
  cancelled: OVER,
};

export function nextStatus(status: DispatchStatus, event: DispatchEvent): DispatchStatus | 'ignored' {
  return TRANSITIONS[status][event];
}

/** The statuses in which `event` has an effect; statements take their conditions from here. */
export function statusesThatTake(event: DispatchEvent): readonly DispatchStatus[] {
  return DISPATCH_STATUSES.filter((status) => nextStatus(status, event) !== 'ignored');
}

export function isDispatchOver(status: DispatchStatus): boolean {
  return DISPATCH_EVENTS.every((event) => nextStatus(status, event) === 'ignored');
}

/** What has been reached at least, in percent, when a status is entered; the node says more in between. */
export const PROGRESS_OF: Readonly<Record<DispatchStatus, number>> = {
  pending: 0,
  provisioning: 5,
  running: 30,
  completing: 85,
  success: 100,
  failed: 100,
  timeout: 100,
  cancelled: 100,
};
