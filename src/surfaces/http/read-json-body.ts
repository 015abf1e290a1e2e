import secureJson from 'secure-json-parse';
import { FleetError } from '#core/kernel/fleet-error.ts';

const MAX_DEPTH = 100;
/** Entries of lists and fields of objects in one body, all together: the largest that any operation takes, and as much again. */
const MAX_PARTS = 25_000;
/** Shorter ones cannot hold enough parts to keep anybody waiting. */
const COUNTED_FROM_CHARACTERS = 65_536;

/**
 * The JSON in a body, or undefined for an empty one. Refused as `unreadable`: what is not JSON, keys that would reach
 * prototypes, nesting beyond 100 levels, more than 25,000 parts, and text no database can store (NUL and halves of surrogate
 * pairs).
 */
export function readJsonBody(text: string): unknown {
  if (text === '') return undefined;
  if (text.length >= COUNTED_FROM_CHARACTERS) refuseManyParts(text);
  const value = parse(text);
  refuseUnstorable(value, 'the body');
  return value;
}

/** Counts before anything is parsed, which takes many times as long. Commas in texts are no parts. */
function refuseManyParts(text: string): void {
  let parts = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfText(text, at);
    else if (code === COMMA && ++parts > MAX_PARTS) {
      throw new FleetError(
        'unreadable',
        `the body has more than ${MAX_PARTS} parts; split the request, or select by tags`,
      );
    }
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;

/** Position of the quote that ends the text which begins at `start`; the end of the body when there is none. */
function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}

function parse(text: string): unknown {
  try {
    return secureJson.parse(text, null, { protoAction: 'error', constructorAction: 'error' });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n', 1)[0] : 'it cannot be parsed';
    throw new FleetError('unreadable', `the body is not JSON: ${reason}`, { cause });
  }
}

/** Walks with a stack of its own, so that depth costs no call stack. */
export function refuseUnstorable(value: unknown, what: string): void {
  const waiting: [unknown, number][] = [[value, 0]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [node, depth] = next;
    if (typeof node === 'string') refuseUnstorableText(node, what);
    else if (typeof node === 'object' && node !== null) {
      if (depth >= MAX_DEPTH) throw new FleetError('unreadable', `${what} is nested deeper than ${MAX_DEPTH} levels`);
      const isList = Array.isArray(node);
      for (const [key, child] of Object.entries(node)) {
        if (!isList) refuseUnstorableText(key, what);
        waiting.push([child, depth + 1]);
      }
    }
  }
}

function refuseUnstorableText(text: string, what: string): void {
  if (text.includes('\0')) throw new FleetError('unreadable', `${what} holds a NUL character, which cannot be stored`);
  if (!text.isWellFormed())
    throw new FleetError('unreadable', `${what} holds half of a surrogate pair, which is no character`);
}
