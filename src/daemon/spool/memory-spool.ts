import type { Spool, SpooledChunk } from './spool.ts';

interface HeldChunk extends SpooledChunk {
  data: Buffer | undefined;
}

/** For simulated nodes: the same bound, and nothing survives. */
export function memorySpool(quotaBytes = 8 * 1024 * 1024): Spool {
  let usedBytes = 0;
  let isFull = false;
  let room: PromiseWithResolvers<void> | undefined;
  return {
    recovered: [],
    get usedBytes() {
      return usedBytes;
    },
    get isFull() {
      return isFull;
    },
    put(chunk, data) {
      isFull = usedBytes + data.length > quotaBytes;
      if (isFull) return undefined;
      usedBytes += data.length;
      const held: HeldChunk = { ...chunk, length: data.length, data: Buffer.from(data) };
      return held;
    },
    read(chunk) {
      const { data } = chunk as HeldChunk; // every chunk of a spool came from its put
      if (data === undefined) throw new Error('the chunk has been released');
      return data;
    },
    release(chunk) {
      (chunk as HeldChunk).data = undefined; // as above
      usedBytes -= chunk.length;
      room?.resolve();
      room = undefined;
    },
    whenRoom() {
      room ??= Promise.withResolvers();
      return room.promise;
    },
    close() {
      room?.resolve();
    },
  };
}
