/**
 * A connection that speaks in blocks (`BulkAnswer` in node.proto tells the form). Whoever writes waits until the far end takes what was
 * written, whoever reads takes one block after the other, so that either side holds a block or two and no more.
 */
import type { Duplex } from 'node:stream';
import { MOST_BYTES_OF_BLOCK } from './bulk.ts';

const LENGTH_BYTES = 4;
const LOOKED_FOR = ['readable', 'end', 'drain', 'close'] as const;

/** The connection ended, or says what is not in this form. */
export class BrokenBlocks extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'BrokenBlocks';
  }
}

export class BlockStream {
  readonly #stream: Duplex;
  readonly #waiting = new Set<() => void>();
  #problem: unknown;
  readonly #onEvent = () => this.#look();
  readonly #onError = (error: unknown) => {
    this.#problem = error;
    this.#look();
  };

  constructor(stream: Duplex) {
    this.#stream = stream;
    for (const event of LOOKED_FOR) stream.on(event, this.#onEvent);
    stream.on('error', this.#onError);
  }

  /** From now on the connection is somebody else's; what was not read yet is still in it. Its errors are theirs too. */
  release(): void {
    for (const event of LOOKED_FOR) this.#stream.off(event, this.#onEvent);
    this.#stream.off('error', this.#onError);
  }

  /** The next block. @throws BrokenBlocks */
  async read(mostBytes = MOST_BYTES_OF_BLOCK): Promise<Buffer> {
    const length = (await this.#take(LENGTH_BYTES)).readUInt32BE();
    if (length > mostBytes) throw new BrokenBlocks(`a block of ${length} bytes, where ${mostBytes} are the most`);
    return length === 0 ? Buffer.alloc(0) : this.#take(length);
  }

  /** All blocks up to the empty one. */
  async *readFile(): AsyncGenerator<Buffer> {
    for (;;) {
      const block = await this.read();
      if (block.length === 0) return;
      yield block;
    }
  }

  /** Resolves when there is room for more. @throws BrokenBlocks */
  async write(block: Uint8Array): Promise<void> {
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32BE(block.length);
    this.#stream.cork();
    this.#stream.write(length);
    const hasRoom = this.#stream.write(block);
    this.#stream.uncork();
    if (!hasRoom) await this.#until(() => !this.#stream.writableNeedDrain);
  }

  /** Pieces of any size as blocks, and the empty one. */
  async writeFile(content: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const piece of content) {
      for (let at = 0; at < piece.length; at += MOST_BYTES_OF_BLOCK)
        await this.write(piece.subarray(at, at + MOST_BYTES_OF_BLOCK));
    }
    await this.write(Buffer.alloc(0));
  }

  async #take(bytes: number): Promise<Buffer> {
    let taken: Buffer | null = null;
    await this.#until(() => {
      taken = this.#stream.read(bytes);
      return taken !== null;
    });
    const found = taken as Buffer | null; // what the compiler does not see the closure do
    if (found?.length !== bytes) throw new BrokenBlocks('the connection ended in the middle of a block');
    return found;
  }

  async #until(isThere: () => boolean): Promise<void> {
    while (!isThere()) {
      if (this.#problem !== undefined) throw new BrokenBlocks('the connection broke', this.#problem);
      if (this.#stream.destroyed || this.#stream.readableEnded) throw new BrokenBlocks('the connection ended');
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #look(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
