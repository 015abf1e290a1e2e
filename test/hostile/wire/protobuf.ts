/** Protocol buffers by hand: what the wire format allows, sensible or not. Written from the specification, not with the product's code. */

export type FieldValue = bigint | Buffer;

/** Field number → values in the order of arrival: a varint or fixed number as bigint, everything with a length as bytes. */
export type Fields = ReadonlyMap<number, readonly FieldValue[]>;

export function varint(value: bigint | number): Buffer {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Buffer.from(bytes);
}

export function varintField(number: number, value: bigint | number): Buffer {
  return Buffer.concat([key(number, 0), varint(value)]);
}

export function bytesField(number: number, value: Buffer | string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([key(number, 2), varint(bytes.length), bytes]);
}

export function doubleField(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([key(number, 1), bytes]);
}

export function key(number: number, wireType: number): Buffer {
  return varint((BigInt(number) << 3n) | BigInt(wireType));
}

export function readFields(message: Buffer): Fields {
  const fields = new Map<number, FieldValue[]>();
  let at = 0;
  const next = (length: number) => {
    at += length;
    return message.subarray(at - length, at);
  };
  const number = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = next(1)[0];
      if (byte === undefined) throw new Error('a varint without an end');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = number();
    const values = fields.get(Number(tag >> 3n)) ?? [];
    fields.set(Number(tag >> 3n), values);
    const wireType = Number(tag & 7n);
    if (wireType === 0) values.push(number());
    else if (wireType === 1) values.push(next(8).readBigUInt64LE());
    else if (wireType === 5) values.push(BigInt(next(4).readUInt32LE()));
    else values.push(next(Number(number())));
  }
  return fields;
}
