export type CastLine = { readonly seconds: number } & (
  | { readonly kind: 'output'; readonly text: string }
  | { readonly kind: 'size'; readonly columns: number; readonly rows: number }
);

/** One line of asciicast v2: output, or the size of the window, which the header says too. Anything else is passed over. */
export function readCastLine(line: string): CastLine | undefined {
  const read = parse(line);
  if (!Array.isArray(read)) return sizeOf(0, (read ?? {}) as HeaderOfCast); // checked there
  const [seconds, code, text] = read as unknown[]; // checked below
  if (typeof seconds !== 'number' || typeof text !== 'string') return undefined;
  if (code === 'o') return { seconds, kind: 'output', text };
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(text) ?? [];
  return code === 'r' ? sizeOf(seconds, { width: Number(width), height: Number(height) }) : undefined;
}

interface HeaderOfCast {
  readonly width?: unknown;
  readonly height?: unknown;
}

function sizeOf(seconds: number, { width, height }: HeaderOfCast): CastLine | undefined {
  if (!Number.isSafeInteger(width) || !Number.isSafeInteger(height)) return undefined;
  return { seconds, kind: 'size', columns: width as number, rows: height as number };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // the end of one that is cut off
  }
}
