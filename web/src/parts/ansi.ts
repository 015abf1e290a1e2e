/**
 * Terminal output as pieces of text with class names: colours and weight are kept, every other escape is dropped, and what a
 * carriage return overwrote is gone. Never markup.
 */
export interface AnsiPiece {
  readonly text: string;
  /** Names of `ansi.module.css`, such as `bold red`; empty for plain text. */
  readonly look: string;
}

interface Pen {
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly colour: string;
  readonly ground: string;
}

const PLAIN: Pen = { bold: false, dim: false, italic: false, underline: false, colour: '', ground: '' };
const COLOURS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;

const ESC = '\\u001b';
const BELL = '\\u0007';
const ENDS = `(?:${BELL}|${ESC}\\\\)?`;

/** Control sequences, commands of the operating system (links, clipboard), other strings, and the two-letter ones. */
const ESCAPE = new RegExp(
  `${ESC}(?:\\[([0-9;:?<=>]*)[ -/]*([@-~])|\\][^${BELL}${ESC}]*${ENDS}|[PX^_][^${ESC}]*(?:${ESC}\\\\)?|[ -/]*[0-~])`,
  'g',
);

/** What no screen shows; the tabulator and the end of a line are none of them. */
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/** The pieces of each line. The pen goes on from line to line. */
export function ansiLines(text: string): readonly (readonly AnsiPiece[])[] {
  let pen = PLAIN;
  return text.split('\n').map((raw) => {
    const pieces: AnsiPiece[] = [];
    const line = afterReturn(raw);
    let at = 0;
    const push = (end: number) => {
      const shown = line.slice(at, end).replace(CONTROLS, '');
      if (shown !== '') pieces.push({ text: shown, look: lookOf(pen) });
    };
    for (const match of line.matchAll(ESCAPE)) {
      push(match.index);
      at = match.index + match[0].length;
      if (match[2] === 'm') pen = turn(pen, match[1] ?? '');
    }
    push(line.length);
    return pieces;
  });
}

/** Progress bars write the same line again and again: the last one that says something counts. */
function afterReturn(line: string): string {
  if (!line.includes('\r')) return line;
  const parts = line.split('\r');
  return parts.findLast((part) => part !== '') ?? '';
}

function lookOf({ bold, dim, italic, underline, colour, ground }: Pen): string {
  return [bold && 'bold', dim && 'dim', italic && 'italic', underline && 'underline', colour, ground]
    .filter(Boolean)
    .join(' ');
}

function turn(pen: Pen, parameters: string): Pen {
  const codes = parameters.split(/[;:]/).map(Number);
  let next = pen;
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] ?? 0;
    if (code === 38 || code === 48) {
      const { colour, used } = extended(codes.slice(index + 1));
      next = code === 38 ? { ...next, colour } : { ...next, ground: colour && `on-${colour}` };
      index += used;
    } else {
      next = simple(next, code);
    }
  }
  return next;
}

function simple(pen: Pen, code: number): Pen {
  switch (code) {
    case 0:
      return PLAIN;
    case 1:
      return { ...pen, bold: true };
    case 2:
      return { ...pen, dim: true };
    case 3:
      return { ...pen, italic: true };
    case 4:
      return { ...pen, underline: true };
    case 22:
      return { ...pen, bold: false, dim: false };
    case 23:
      return { ...pen, italic: false };
    case 24:
      return { ...pen, underline: false };
    case 39:
      return { ...pen, colour: '' };
    case 49:
      return { ...pen, ground: '' };
  }
  const colour = COLOURS[code % 10];
  if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) return { ...pen, colour: colour ?? '' };
  if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) return { ...pen, ground: `on-${colour}` };
  return pen;
}

/** The first sixteen of the 256 colours have names; the others are told by their strongest parts. */
function extended(rest: readonly number[]): { readonly colour: string; readonly used: number } {
  if (rest[0] === 5) return { colour: ofPalette(rest[1] ?? 0), used: 2 };
  if (rest[0] === 2) return { colour: ofParts(rest[1] ?? 0, rest[2] ?? 0, rest[3] ?? 0), used: 4 };
  return { colour: '', used: rest.length };
}

function ofPalette(index: number): string {
  if (index < 16) return COLOURS[index % 8] ?? '';
  if (index >= 232) return index < 244 ? 'black' : 'white';
  const cube = index - 16;
  return ofParts(Math.floor(cube / 36) * 51, (Math.floor(cube / 6) % 6) * 51, (cube % 6) * 51);
}

function ofParts(red: number, green: number, blue: number): string {
  const half = Math.max(red, green, blue) / 2;
  const bits = (red > half ? 1 : 0) + (green > half ? 2 : 0) + (blue > half ? 4 : 0);
  return COLOURS[bits] ?? '';
}
