/** Makes lines of pieces that were cut anywhere. A line is everything up to a line feed, without it. */
export class LineAssembler {
  #rest = '';

  push(piece: string): string[] {
    const lines = (this.#rest + piece).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines.map(withoutReturn);
  }

  /** The last line, which no line feed ended; none when there is nothing left. */
  flush(): string[] {
    const rest = this.#rest;
    this.#rest = '';
    return rest === '' ? [] : [withoutReturn(rest)];
  }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
