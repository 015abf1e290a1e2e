/** How much of a file has come, as a node says it on the error output of `fs.put` while it takes long. */
export interface TransferSoFar {
  readonly came: number;
  readonly size: number;
}

export function writeTransferLine({ came, size }: TransferSoFar): string {
  return `${came} of ${size} bytes have come\n`;
}

const LINE = /^(\d{1,16}) of (\d{1,16}) bytes have come$/;

/** The last one of a text that has nothing else in it; undefined for any other text. */
export function readTransferLines(text: string): TransferSoFar | undefined {
  const lines = text.split('\n');
  const [, came, size] = (lines.pop() === '' && LINE.exec(lines.at(-1) ?? '')) || [];
  if (came === undefined || !lines.every((line) => LINE.test(line))) return undefined;
  return { came: Number(came), size: Number(size) };
}
