/** Messages over TCP (RFC 1035 §4.2.2): two bytes of length before each. Holds what of the last one has come. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The messages that are complete with this. */
  read(data: Buffer): Buffer[] {
    let rest = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    const messages: Buffer[] = [];
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      const end = 2 + rest.readUInt16BE(0);
      messages.push(rest.subarray(2, end));
      rest = rest.subarray(end);
    }
    this.#rest = Buffer.from(rest);
    return messages;
  }
}

export function withLength(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}
