import { StringDecoder } from 'node:string_decoder';

/** Bytes into lines. A line that never ends is cut, at `MOST_CHARACTERS` by default: whoever reads it gets it in pieces. */
export class LineSplitter {
  static readonly MOST_CHARACTERS = 32 * 1024;
  readonly #decoder = new StringDecoder('utf8');
  readonly #onLine: (line: string) => void;
  readonly #most: number;
  #rest = '';

  constructor(onLine: (line: string) => void, mostCharacters = LineSplitter.MOST_CHARACTERS) {
    this.#onLine = onLine;
    this.#most = mostCharacters;
  }

  push(data: Buffer): void {
    this.#take(this.#decoder.write(data));
  }

  end(): void {
    this.#take(this.#decoder.end());
    if (this.#rest !== '') this.#onLine(this.#rest);
    this.#rest = '';
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#tell(line.endsWith('\r') ? line.slice(0, -1) : line);
    while (this.#rest.length > this.#most) {
      this.#onLine(this.#rest.slice(0, this.#most));
      this.#rest = this.#rest.slice(this.#most);
    }
  }

  #tell(line: string): void {
    for (let at = 0; at === 0 || at < line.length; at += this.#most) this.#onLine(line.slice(at, at + this.#most));
  }
}
