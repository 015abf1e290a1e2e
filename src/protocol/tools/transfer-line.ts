/** How much of a file has come, as a node says it on the error output of `fs.put` while it takes long. */
export interface TransferSoFar {
  readonly came: number;
  readonly size: number;
}

export function writeTransferLine({ came, size }: TransferSoFar): string {
  return `${came} of ${size} bytes have come\n`;
}

/** The last one of a text that has nothing else in it; undefined for any other text. */
export function readTransferLines(text: string): TransferSoFar | undefined {
  const found =
    text.match(/^(?:\d{1,16} of \d{1,16} bytes have come\n)+$/) && /(\d+) of (\d+) bytes have come\n$/.exec(text);
  return found ? { came: Number(found[1]), size: Number(found[2]) } : undefined;
}
