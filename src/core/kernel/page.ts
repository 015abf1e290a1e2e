import { FleetError } from './fleet-error.ts';
import { parseId } from './ids.ts';

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

/** What the parts of a cursor must be, so that nothing a caller made up reaches the database as something else. */
export interface CursorForm {
  /** Default `text`. `instant`: as PostgreSQL or ISO 8601 writes it. */
  readonly value?: 'text' | 'instant' | 'integer';
  /** Default `text`. */
  readonly id?: 'text' | 'uuid';
}

/** @throws FleetError `malformed` on anything `encodeCursor` did not make, or made of other parts. */
export function decodeCursor(
  cursor: string,
  { value: valueForm = 'text', id: idForm = 'text' }: CursorForm = {},
): Position {
  const parsed = readJson(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (Array.isArray(parsed) && parsed.length === 2 && parsed.every((part) => typeof part === 'string')) {
    const [value, id] = parsed as [string, string]; // checked on the line above
    if (FORMS[valueForm](value) && FORMS[idForm](id)) return { value, id };
  }
  const problem = 'is not a cursor of this list; take next_cursor from the previous page as it is';
  throw new FleetError('malformed', `cursor ${problem}`, { details: { cursor: [problem] } });
}

const FORMS: Readonly<Record<'text' | 'instant' | 'integer' | 'uuid', (part: string) => boolean>> = {
  text: (part) => !part.includes('\0') && part.isWellFormed(),
  instant: (part) => INSTANT.test(part) && !Number.isNaN(Date.parse(part.slice(0, 19).replace(' ', 'T'))),
  integer: (part) => /^-?\d{1,15}$/.test(part),
  uuid: (part) => parseId(part) !== undefined,
};

/** `2026-03-01 10:00:00.123456+00`, or with T and Z. */
const INSTANT = /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}(:\d{2})?)$/;

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
