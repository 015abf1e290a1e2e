/** The newest bytes of an output, each at its place in the whole. */
export class ReplayBuffer {
  readonly #mostBytes: number;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #end = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** Bytes there were in all. */
  get end(): number {
    return this.#end;
  }

  push(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    this.#end += piece.length;
    while (this.#bytes > this.#mostBytes) {
      const [first] = this.#pieces;
      if (first === undefined) return;
      const excess = this.#bytes - this.#mostBytes;
      if (first.length <= excess) this.#pieces.shift();
      else this.#pieces[0] = Buffer.from(first.subarray(excess));
      this.#bytes -= Math.min(first.length, excess);
    }
  }

  /** From `position`, or from the oldest byte there still is. */
  from(position: number): { readonly position: number; readonly bytes: Buffer } {
    const oldest = this.#end - this.#bytes;
    const start = Math.min(this.#end, Math.max(oldest, position));
    return { position: start, bytes: Buffer.concat(this.#pieces).subarray(start - oldest) };
  }
}
