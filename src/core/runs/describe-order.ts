import { createHash } from 'node:crypto';
import type { Arguments } from './secret-arguments.ts';

/** What was run, made once when a run starts; from arguments whose secrets are redacted, so nothing here is one. */
export interface OrderDescription {
  /** The command line, the script, or the tool with its arguments: the first 4,096 characters. */
  readonly command: string;
  /** SHA-256 of the whole text in UTF-8. For a script it is what `sha256sum` prints for its file. */
  readonly commandSha256: Buffer;
  /** With long texts and lists cut, for lists, events and the audit log. */
  readonly argsHead: Arguments;
}

const KEPT_CHARACTERS = 4_096;
const TEXT_CHARACTERS = 256;
const LIST_ITEMS = 32;

export function describeOrder(commandText: string, redactedArgs: Arguments): OrderDescription {
  return {
    command: headOf(commandText, KEPT_CHARACTERS),
    commandSha256: createHash('sha256').update(commandText).digest(),
    argsHead: cutFields(redactedArgs),
  };
}

/** What somebody who decides about it is shown of a text. */
export function describeText(text: string): { readonly command: string; readonly commandSha256: string } {
  return {
    command: headOf(text, KEPT_CHARACTERS),
    commandSha256: createHash('sha256').update(text).digest('hex'),
  };
}

/** The first characters of a text, and an ellipsis where there are more. */
export function headOf(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** Arguments are texts, numbers, and lists and maps of texts; what lies deeper becomes a text. */
function cutFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return cutMap(fields, (value) => {
    if (Array.isArray(value)) return cutList(value);
    return typeof value === 'object' && value !== null ? cutMap(value, cutValue) : cutValue(value);
  });
}

function cutMap(fields: object, cut: (value: unknown) => unknown): Record<string, unknown> {
  const entries = Object.entries(fields);
  const kept = entries.slice(0, LIST_ITEMS).map(([name, value]) => [headOf(name, TEXT_CHARACTERS), cut(value)]);
  const more = entries.length > LIST_ITEMS ? [['…', moreOf(entries)]] : [];
  return Object.fromEntries([...kept, ...more]);
}

function cutList(items: readonly unknown[]): unknown[] {
  const kept = items.slice(0, LIST_ITEMS).map(cutValue);
  return items.length > LIST_ITEMS ? [...kept, moreOf(items)] : kept;
}

function cutValue(value: unknown): unknown {
  if (typeof value === 'string') return headOf(value, TEXT_CHARACTERS);
  return typeof value === 'object' && value !== null ? headOf(JSON.stringify(value), TEXT_CHARACTERS) : value;
}

function moreOf(all: readonly unknown[]): string {
  return `… ${all.length - LIST_ITEMS} more`;
}
