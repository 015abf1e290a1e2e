import type { Screen } from '../terminal.ts';

const REDRAW_MS = 100;

/** The last line of a terminal, redrawn while other lines pass above it. Where nobody looks it does nothing. */
export class ProgressLine {
  readonly #screen: Screen;
  readonly #text: () => string;
  #isDrawn = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(screen: Screen, text: () => string) {
    this.#screen = screen;
    this.#text = text;
  }

  start(): void {
    if (!this.#screen.isTerminal || this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
    this.#timer.unref();
  }

  /** Makes room for other lines; the next redraw puts it back below them. */
  clear(): void {
    if (this.#isDrawn) this.#screen.rewriteLine('');
    this.#isDrawn = false;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.clear();
  }

  #draw(): void {
    this.#screen.rewriteLine(this.#text().slice(0, this.#screen.columns - 1));
    this.#isDrawn = true;
  }
}
