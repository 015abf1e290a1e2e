import { Option } from 'commander';
import type { CreatedKey, Key, KeyFields, KeyKind } from '#client/native/native-client.ts';
import { option } from '../command-spec.ts';
import type { Invocation } from '../invocation.ts';
import { sentenceView, tableView, type View } from '../output/print-view.ts';
import { readInstant } from '../parse/read-instant.ts';
import { repeated } from '../parse/read-pairs.ts';
import {
  type ApprovalOptions,
  approvalOptions,
  type BudgetOptions,
  budgetOptions,
  readApprovalFields,
  readBudgetFields,
} from './token-bounds.ts';

export interface KeyOptions {
  readonly kind?: KeyKind;
  readonly name?: string;
  readonly scope?: readonly string[];
  readonly expires?: string;
}

type BoundOptions = KeyOptions & ApprovalOptions & BudgetOptions;

export function keyOptions(usual: KeyKind): Option[] {
  return [
    new Option('--kind <kind>', `kind of key (default: ${usual})`).choices(['scoped', 'api', 'arb', 'otp']),
    option('--name <text>', 'what it is for'),
    option('--scope <scope>', 'what it opens; may be repeated. garrison tokens scopes lists them', repeated),
    option('--expires <time>', 'a time from now such as 30d, or a date (default: never)', (text: string) =>
      readInstant(text),
    ),
    ...approvalOptions(),
    ...budgetOptions(),
  ];
}

export function readKeyFields({ kind, name, scope, expires, ...bounds }: BoundOptions): KeyFields {
  const { approval: when, approvalOver, approver, approvalReason, approvalExpires } = bounds;
  const approval = readApprovalFields({
    ...(when !== undefined && { approval: when }),
    ...(approvalOver !== undefined && { approvalOver }),
    ...(approver !== undefined && { approver }),
    ...(approvalReason !== undefined && { approvalReason }),
    ...(approvalExpires !== undefined && { approvalExpires }),
  });
  const budget = readBudgetFields(bounds);
  return {
    ...(approval !== undefined && { approval }),
    ...(budget !== undefined && { budget }),
    ...(kind !== undefined && { kind }),
    ...(name !== undefined && { name }),
    ...(scope !== undefined && { scopes: scope }),
    ...(expires !== undefined && { expires_at: expires }),
  };
}

export function keysView(invocation: Invocation, keys: readonly Key[], command: string): View {
  return tableView(
    keys,
    [
      { header: 'ID', value: (key) => key.id },
      { header: 'KIND', value: (key) => key.kind },
      { header: 'NAME', value: (key) => key.name, isFlexible: true },
      { header: 'ENDS WITH', value: (key) => key.hint },
      { header: 'SCOPES', value: (key) => key.scopes.join(','), isFlexible: true },
      { header: 'CREATED', value: (key) => invocation.ago(key.created_at) },
      { header: 'EXPIRES', value: (key) => invocation.ago(key.expires_at) },
      { header: 'LAST USED', value: (key) => invocation.ago(key.last_used_at) },
      { header: 'REVOKED', value: (key) => invocation.ago(key.revoked_at) },
    ],
    `No keys. ${command} creates one.`,
  );
}

export async function printCreatedKey(invocation: Invocation, created: CreatedKey): Promise<void> {
  await invocation.print(sentenceView(created, created.api_key));
  invocation.note(`Its id is ${created.id}. The key is shown only this once.`);
}
