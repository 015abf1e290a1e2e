/**
 * Shows what somebody else's terminal shows, on this one. What programs there write is read by an emulator, and this terminal is only
 * written what is drawn from its cells: characters (as `printable` has them), colours and weights, and places on the screen. So the
 * picture is the same, and nothing else of what was written has an effect here: no title, no clipboard, no question that would be
 * answered into the shell, no mode that stays.
 *
 * The picture is on the alternate screen, at most 30 times a second, as far as it fits; in the end the screen from before is back, with the
 * last lines below it.
 */
import type { IBufferCell, Terminal } from '@xterm/headless';
import { printable } from './printable.ts';

export interface Canvas {
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string): unknown;
}

export interface SafeScreen {
  /** Resolves when it was read. */
  show(output: string | Uint8Array): Promise<void>;
  resize(columns: number, rows: number): void;
  end(): Promise<void>;
}

interface Size {
  readonly columns: number;
  readonly rows: number;
}

const PAINT_EVERY_MS = 33;
const BEGIN = '\u001b[?1049h\u001b[2J';
const END = '\u001b[0m\u001b[?25h\u001b[?1049l';
/** A window of somebody else may have any size. */
const MOST = 500;

export async function safeScreen(canvas: Canvas, { columns, rows }: Size): Promise<SafeScreen> {
  const { newEmulator } = await import('./emulator.ts'); // large: loaded where somebody watches
  const emulator = newEmulator(within(columns), within(rows));
  let painted: readonly string[] = [];
  let timer: NodeJS.Timeout | undefined;
  const paint = () => {
    timer = undefined;
    const lines = linesOf(emulator, canvas);
    const changed = lines.flatMap((line, at) =>
      line === painted[at] ? [] : [`${place(at, 0)}\u001b[0m${line}\u001b[0m\u001b[K`],
    );
    painted = lines;
    const { cursorX, cursorY } = emulator.buffer.active;
    canvas.write(changed.join('') + place(cursorY, cursorX));
  };
  const paintSoon = () => {
    timer ??= setTimeout(paint, PAINT_EVERY_MS);
  };
  canvas.write(BEGIN);
  return {
    show: (output) =>
      new Promise((resolve) =>
        emulator.write(output, () => {
          paintSoon();
          resolve();
        }),
      ),
    resize(wide, high) {
      emulator.resize(within(wide), within(high));
      painted = [];
      canvas.write('\u001b[2J');
      paintSoon();
    },
    async end() {
      clearTimeout(timer);
      const last = linesOf(emulator, canvas).join('\n').trimEnd();
      canvas.write(`${END}${last === '' ? '' : `${last}\u001b[0m\n`}`);
      emulator.dispose();
    },
  };
}

function within(size: number): number {
  return Math.min(MOST, Math.max(1, Math.trunc(size) || 1));
}

function place(row: number, column: number): string {
  return `\u001b[${row + 1};${column + 1}H`;
}

function linesOf({ buffer: { active }, rows, cols }: Terminal, canvas: Canvas): string[] {
  const [high, wide] = [Math.min(rows, canvas.rows || 24), Math.min(cols, canvas.columns || 80)];
  const cell = active.getNullCell();
  return Array.from({ length: high }, (_, at) => {
    const line = active.getLine(active.baseY + at);
    let [text, before] = ['', ''];
    for (let column = 0; column < wide; column += 1) {
      const here = line?.getCell(column, cell);
      if (here === undefined || here.getWidth() === 0) continue; // the second half of a wide character
      const look = lookOf(here);
      if (look !== before) text += `\u001b[0${look}m`;
      before = look;
      text += printable(here.getChars()) || ' ';
    }
    return before === '' ? text.trimEnd() : text;
  });
}

/** Colours and weights as SGR parameters, each with a semicolon before it; never hidden text. */
function lookOf(cell: IBufferCell): string {
  const weights: readonly (readonly [number, number])[] = [
    [cell.isBold(), 1],
    [cell.isDim(), 2],
    [cell.isItalic(), 3],
    [cell.isUnderline(), 4],
    [cell.isInverse(), 7],
    [cell.isStrikethrough(), 9],
  ];
  const set = weights.filter(([isSet]) => isSet !== 0).map(([, code]) => `;${code}`);
  return set.join('') + foregroundOf(cell) + backgroundOf(cell);
}

function foregroundOf(cell: IBufferCell): string {
  if (cell.isFgRGB()) return `;38;2;${rgb(cell.getFgColor())}`;
  return cell.isFgPalette() ? `;38;5;${cell.getFgColor()}` : '';
}

function backgroundOf(cell: IBufferCell): string {
  if (cell.isBgRGB()) return `;48;2;${rgb(cell.getBgColor())}`;
  return cell.isBgPalette() ? `;48;5;${cell.getBgColor()}` : '';
}

function rgb(colour: number): string {
  return `${(colour >> 16) & 255};${(colour >> 8) & 255};${colour & 255}`;
}
