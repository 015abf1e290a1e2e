import type { ExecutionState } from './execution.ts';

/** What can happen to an execution. */
export const EXECUTION_EVENTS = [
  /** Handed to the session of its node. */
  'send',
  /** The node says that its process runs. */
  'start',
  /** The node says how it ended. */
  'report',
  /** We end it without the node: cancelled before it started, expired, overdue, node gone, run halted. */
  'end',
] as const;

export type ExecutionEvent = (typeof EXECUTION_EVENTS)[number];

/**
 * Where each event leads, for every state; `ignored` is an answer too: the first end counts, and frames that come twice
 * or late change nothing. The statements in `store.ts` take their conditions from here.
 */
const TRANSITIONS: Readonly<Record<ExecutionState, Readonly<Record<ExecutionEvent, ExecutionState | 'ignored'>>>> = {
  queued: { send: 'sent', start: 'running', report: 'finished', end: 'finished' },
  sent: { send: 'ignored', start: 'running', report: 'finished', end: 'finished' },
  running: { send: 'ignored', start: 'ignored', report: 'finished', end: 'finished' },
  finished: { send: 'ignored', start: 'ignored', report: 'ignored', end: 'ignored' },
};

export function nextState(state: ExecutionState, event: ExecutionEvent): ExecutionState | 'ignored' {
  return TRANSITIONS[state][event];
}

/** The states in which `event` has an effect. */
export function statesThatTake(event: ExecutionEvent): readonly ExecutionState[] {
  const states = Object.keys(TRANSITIONS) as ExecutionState[]; // the keys of the total record
  return states.filter((state) => nextState(state, event) !== 'ignored');
}
