import { setImmediate as nextTurn } from 'node:timers/promises';

/** Elements that are written in one go: about a millisecond's work. */
const ELEMENTS_AT_ONCE = 2_000;

/**
 * JSON, as `JSON.stringify` writes it. Long lists in an answer (a fleet of a hundred thousand hosts) are written in parts
 * with a turn of the event loop between them, so that nobody else waits for a big answer.
 */
export async function writeJson(body: unknown): Promise<string> {
  if (!isRecord(body) || !Object.values(body).some(isLong)) return JSON.stringify(body);
  const members: string[] = [];
  for (const [name, value] of Object.entries(body)) {
    const text = isLong(value) ? await writeLong(value) : JSON.stringify(value);
    if (text !== undefined) members.push(`${JSON.stringify(name)}:${text}`);
  }
  const text = `{${members.join(',')}}`;
  await nextTurn(); // to send it takes a turn of its own
  return text;
}

async function writeLong(elements: readonly unknown[]): Promise<string> {
  const parts: string[] = [];
  for (let start = 0; start < elements.length; start += ELEMENTS_AT_ONCE) {
    const part = JSON.stringify(elements.slice(start, start + ELEMENTS_AT_ONCE));
    parts.push(part.slice(1, -1));
    await nextTurn();
  }
  return `[${parts.join(',')}]`;
}

function isLong(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > ELEMENTS_AT_ONCE;
}

/** An object that says nothing of its own about how it is written. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !('toJSON' in value);
}
