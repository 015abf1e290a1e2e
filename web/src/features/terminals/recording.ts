/** A recording in asciicast v2, as far as a player needs it. */
export interface CastEvent {
  /** Seconds, without the parts of pauses that are longer than `LONGEST_PAUSE`. */
  readonly at: number;
  /** What was shown, or the size that the window took. */
  readonly what: string | { readonly columns: number; readonly rows: number };
}

export interface Cast {
  readonly columns: number;
  readonly rows: number;
  readonly events: readonly CastEvent[];
  readonly seconds: number;
  /** There is more than was read. */
  readonly isCut: boolean;
}

const LONGEST_PAUSE = 3;
const MOST_CHARACTERS = 32_000_000;

/** Lines that are none are passed over: the last one may be half a line. */
export async function readCast(lines: AsyncIterable<string>): Promise<Cast> {
  const events: CastEvent[] = [];
  let size = { columns: 80, rows: 24 };
  let [characters, before, seconds] = [0, 0, 0];
  let isCut = false;
  for await (const line of lines) {
    characters += line.length;
    if (characters > MOST_CHARACTERS) {
      isCut = true;
      break;
    }
    const read = parse(line);
    if (isHeader(read)) size = { columns: within(read.width, 80), rows: within(read.height, 24) };
    if (!isEvent(read)) continue;
    const [at, code, data] = read;
    const what = code === 'r' ? sizeOf(data) : code === 'o' ? data : undefined;
    if (what === undefined) continue;
    seconds += Math.min(LONGEST_PAUSE, Math.max(0, at - before));
    before = Math.max(before, at);
    events.push({ at: seconds, what });
  }
  return { ...size, events, seconds, isCut };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isHeader(read: unknown): read is { readonly width?: unknown; readonly height?: unknown } {
  return typeof read === 'object' && read !== null && 'version' in read;
}

function isEvent(read: unknown): read is readonly [number, string, string] {
  return (
    Array.isArray(read) && typeof read[0] === 'number' && typeof read[1] === 'string' && typeof read[2] === 'string'
  );
}

function sizeOf(text: string): { readonly columns: number; readonly rows: number } | undefined {
  const [, columns, rows] = /^(\d{1,4})x(\d{1,4})$/.exec(text) ?? [];
  return columns === undefined || rows === undefined
    ? undefined
    : { columns: within(Number(columns), 80), rows: within(Number(rows), 24) };
}

/** A recorded window is somebody's, and may be of any size. */
function within(value: unknown, usual: number): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 ? Math.min(value, 500) : usual;
}

/** The lines of an answer as they come. */
export async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
