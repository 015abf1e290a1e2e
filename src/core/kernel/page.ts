import { FleetError } from './fleet-error.ts';

/** A page of a list that is walked by cursor. `nextCursor` is null on the last page. */
export interface CursorPage<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** Where a page ends: the sort value (text or ISO instant) and the id that breaks ties. */
export interface Position {
  readonly value: string;
  readonly id: string;
}

/** An opaque cursor: base64url JSON. It holds no secret and grants nothing; the tenant still comes from the context. */
export function encodeCursor(position: Position): string {
  return Buffer.from(JSON.stringify([position.value, position.id])).toString('base64url');
}

/** @throws FleetError `malformed` on anything `encodeCursor` did not make. */
export function decodeCursor(cursor: string): Position {
  const parsed = readJson(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (Array.isArray(parsed) && parsed.length === 2 && parsed.every((part) => typeof part === 'string')) {
    const [value, id] = parsed as [string, string]; // checked on the line above
    return { value, id };
  }
  const problem = 'is not a cursor of this list; take next_cursor from the previous page as it is';
  throw new FleetError('malformed', `cursor ${problem}`, { details: { cursor: [problem] } });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
