import { expect, test } from 'vitest';
import type { CommandResult, FleetEvent, FleetFailure, Summary } from '#client/edge-fleet/wire.ts';
import { ExitCode } from '../exit-codes.ts';
import { RunTally } from './run-tally.ts';
import { Waves } from './waves.ts';

const NONE: Summary = { ok: 0, err: 0, timed_out: 0, cancelled: 0, not_started: 0 };
const OK: CommandResult = { ok: { exit_code: 0, duration_ms: 1 } };
const ERR: CommandResult = { err: { code: 'nonzero_exit', message: '', exit_code: 1, duration_ms: 1 } };

const started = (targets: readonly string[]): FleetEvent => ({
  event: 'fleet_started',
  id: '0',
  data: { fleet_command_id: 'f-1', targets_resolved: targets, targets_skipped: [] },
});
const ended = (node: string, result: CommandResult): FleetEvent => ({
  event: 'command_result',
  id: node,
  data: { node_id: node, command_id: `c-${node}`, result },
});
const failure = (reason: FleetFailure['reason']): FleetEvent => ({ event: 'error', id: 'e', data: { reason } });
const over = (targets: readonly string[], counts: Partial<Summary>): FleetEvent => ({
  event: 'fleet_result',
  id: 'z',
  data: { fleet_command_id: 'f-1', targets_resolved: targets, targets_skipped: [], summary: { ...NONE, ...counts } },
});

test.each<[what: string, events: FleetEvent[], outcome: string, exitCode: ExitCode]>([
  ['everybody succeeded', [over(['a', 'b'], { ok: 2 })], 'complete', ExitCode.ok],
  ['one failed', [over(['a', 'b'], { ok: 1, err: 1 })], 'complete', ExitCode.failed],
  ['one ran into its deadline', [over(['a', 'b'], { ok: 1, timed_out: 1 })], 'complete', ExitCode.deadline],
  [
    'one failed and one ran into its deadline',
    [over(['a', 'b'], { err: 1, timed_out: 1 })],
    'complete',
    ExitCode.failed,
  ],
  [
    'the policy halted it',
    [failure('Halted'), over(['a', 'b'], { err: 1, not_started: 1 })],
    'halted',
    ExitCode.halted,
  ],
  ['it was cancelled', [over(['a', 'b'], { ok: 1, cancelled: 1 })], 'cancelled', ExitCode.cancelled],
  ['it was cancelled before it began', [over(['a'], { not_started: 1 })], 'cancelled', ExitCode.cancelled],
  ['nobody was there', [over([], {})], 'complete', ExitCode.unavailable],
  ['the node was away', [failure('EdgeUnavailable'), over([], {})], 'refused', ExitCode.unavailable],
  [
    'too few for the floor',
    [failure('RequireMinNotSatisfied'), over(['a'], { not_started: 1 })],
    'refused',
    ExitCode.floor,
  ],
  [
    'too few for the floor, without a result',
    [started(['a']), failure('RequireMinNotSatisfied')],
    'refused',
    ExitCode.floor,
  ],
])('%s', (_, events, outcome, exitCode) => {
  const tally = new RunTally();
  for (const event of events) tally.apply(event);
  expect([tally.outcome, tally.exitCode]).toEqual([outcome, exitCode]);
});

test('a run that is under way is running', () => {
  const tally = new RunTally();
  tally.apply(started(['a']));
  expect(tally.outcome).toBe('running');
});

test('the next wave begins when the whole wave before has ended', () => {
  const tally = new RunTally();
  const waves = new Waves({ Rolling: { batch: 2 } }, 'ContinueOnError');
  tally.apply(started(['a', 'b', 'c']));
  expect(waves.begun(tally)).toEqual([{ number: 1, count: 2, nodes: ['a', 'b'] }]);
  tally.apply(ended('b', ERR));
  expect(waves.begun(tally)).toEqual([]);
  tally.apply(ended('a', OK));
  expect(waves.begunFor('a', tally)).toEqual([]);
  expect(waves.begun(tally)).toEqual([{ number: 2, count: 2, nodes: ['c'] }]);
  expect(waves.begun(tally)).toEqual([]);
});

test('a wave the failure policy forbids is not announced', () => {
  const tally = new RunTally();
  const waves = new Waves({ Rolling: { batch: 1 } }, { StopAfter: 1 });
  tally.apply(started(['a', 'b']));
  waves.begun(tally);
  tally.apply(ended('a', ERR));
  expect(waves.begun(tally)).toEqual([]);
});

test('under a policy of the server’s own a wave is announced at the latest with its first event', () => {
  const tally = new RunTally();
  const waves = new Waves({ Rolling: { batch: 1 } }, undefined);
  tally.apply(started(['a', 'b']));
  waves.begun(tally);
  tally.apply(ended('a', ERR));
  expect(waves.begun(tally)).toEqual([]);
  expect(waves.begunFor('b', tally)).toEqual([{ number: 2, count: 2, nodes: ['b'] }]);
});

test('other modes have no waves', () => {
  const tally = new RunTally();
  tally.apply(started(['a', 'b']));
  for (const mode of [undefined, 'Parallel', 'Sequential'] as const)
    expect(new Waves(mode, undefined).begun(tally)).toEqual([]);
});
