import secureJson from 'secure-json-parse';
import { FleetError } from '#core/kernel/fleet-error.ts';

const MAX_DEPTH = 100;

/**
 * The JSON in a body, or undefined for an empty one. Refused as `unreadable`: what is not JSON, keys that would reach
 * prototypes, nesting beyond 100 levels, and text no database can store (NUL and halves of surrogate pairs).
 */
export function readJsonBody(text: string): unknown {
  if (text === '') return undefined;
  const value = parse(text);
  refuseUnstorable(value, 'the body');
  return value;
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
