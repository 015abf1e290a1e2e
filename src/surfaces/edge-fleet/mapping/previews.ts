import type { Static } from 'typebox';
import type { Context } from '#core/kernel/context.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { RunId } from '#core/kernel/ids.ts';
import type { PlannedOrder, Preview } from '#core/previews/preview.ts';
import type { ChangedTarget, PinnedStart } from '#core/previews/start-pinned.ts';
import { headOf } from '#core/runs/describe-order.ts';
import type { ToolCatalogue } from '#core/runs/start-run.ts';
import { writeNodeId, writeRunId } from '../ids.ts';
import type { WireTarget } from '../wire/fleet.ts';
import { MOST_LISTED, type TargetChanged, type WireOrder, type WireOrderPreview } from '../wire/previews.ts';
import { HOST_STATUS, writeMember } from './hosts.ts';
import { writeInstant } from './instant.ts';
import { readPolicy } from './policies.ts';
import { floorFor, normalizeTarget, readTarget } from './targets.ts';

const SHOWN_CHARACTERS = 4_096;

type Deed = Omit<WireOrder, 'on' | 'targeting'>;

/** @throws FleetError `invalid` for an order of no thing or several. */
export function readOrder(tools: ToolCatalogue, written: WireTarget, order: Deed): PlannedOrder {
  const { tool, args } = readDeed(order);
  const target = normalizeTarget(written);
  const policy = readPolicy(order.policy ?? {}, tools.isReadOnly(tool));
  return {
    tool,
    args,
    target: readTarget(target),
    writtenTarget: target,
    policy: { ...policy, minTargets: floorFor(target, policy.minTargets) },
  };
}

/** One text is a script for a login shell and a list is a program, as behind `garrison run`. */
function readDeed({ tool, command, script, args = {} }: Deed): Pick<PlannedOrder, 'tool' | 'args'> {
  const said = [tool, command, script].filter((one) => one !== undefined);
  if (said.length !== 1)
    throw new FleetError('invalid', 'give exactly one thing to run: a command, a script or a tool');
  if (tool !== undefined) return { tool, args };
  if (Array.isArray(command)) {
    const [program = '', ...words] = command;
    return { tool: 'cmd.run', args: { ...args, command: program, args: words } };
  }
  return { tool: 'script.run', args: { ...args, script: command ?? script } };
}

export function writeOrderPreview(preview: Preview, target: unknown): WireOrderPreview {
  const { targets, skipped } = preview;
  const names = new Map(targets.map(({ nodeId, name }) => [nodeId, name]));
  return {
    pin: preview.pin,
    expires_at: writeInstant(preview.expiresAt),
    tool: preview.tool,
    command: headOf(preview.command, SHOWN_CHARACTERS),
    is_read_only: preview.isReadOnly,
    target: target as WireTarget, // read through the schema
    target_count: targets.length,
    targets: targets
      .slice(0, MOST_LISTED)
      .map(({ nodeId, name }) => writeMember({ id: nodeId, name, presence: 'connected' })),
    skipped_count: skipped.length,
    skipped: skipped
      .slice(0, MOST_LISTED)
      .map(({ nodeId, name, reason }) => ({ node_id: writeNodeId(nodeId), name, reason: HOST_STATUS[reason] })),
    is_below_floor: preview.isBelowFloor,
    approval: preview.approver,
    last_failures: preview.lastFailures.map(({ nodeId, runId, at, exitCode, ...failure }) => ({
      node_id: writeNodeId(nodeId),
      name: names.get(nodeId) ?? '',
      run_id: runId,
      at: at && writeInstant(at),
      exit_code: exitCode,
      ...failure,
    })),
    also_running: preview.openWork.map(({ runId, startedAt, nodes, ...work }) => ({
      run_id: writeAnyRunId(work.kind, runId),
      started_at: writeInstant(startedAt),
      host_count: nodes,
      ...work,
    })),
  };
}

function writeAnyRunId(kind: string, id: RunId): string {
  return kind === 'fleet' ? writeRunId(id) : id;
}

export function writeTargetChanged(
  { requestId }: Context,
  changed: Extract<PinnedStart, { kind: 'target_changed' }>,
): Static<typeof TargetChanged> {
  const came = changed.came.slice(0, MOST_LISTED).map(writeChanged);
  const went = changed.went.slice(0, MOST_LISTED).map(writeChanged);
  return {
    type: 'urn:garrison:problem:target_changed',
    title: 'The target is another one by now',
    status: 409,
    detail: `nothing was started: ${changed.came.length} hosts came (${nameSome(came)}), ${changed.went.length} went (${nameSome(went)})`,
    code: 'target_changed',
    request_id: requestId,
    came,
    went,
    preview: writeOrderPreview(changed.preview, changed.writtenTarget),
  };
}

function writeChanged({ nodeId, name }: ChangedTarget) {
  return { node_id: writeNodeId(nodeId), name };
}

function nameSome(changed: readonly { readonly node_id: string; readonly name: string | null }[]): string {
  const names = changed.slice(0, 10).map(({ node_id, name }) => name ?? node_id);
  return names.length === 0 ? 'none' : `${names.join(', ')}${changed.length > 10 ? ' …' : ''}`;
}
