import { writeTransferLine } from '#protocol/tools/transfer-line.ts';

/** At most so many lines, however large the file is. */
const LINES = 20;
const AT_MOST_EVERY_MS = 500;

/** Says now and then how much has come: nothing of what is there within half a second. */
export function tellTransfer(
  size: number,
  say: (line: string) => void,
  now: () => number = () => performance.now(),
): (came: number) => void {
  const step = Math.max(1, size / LINES);
  let next = step;
  let toldAt = now();
  return (came) => {
    if (came < next || came >= size || now() - toldAt < AT_MOST_EVERY_MS) return;
    say(writeTransferLine({ came, size }));
    next = (Math.floor(came / step) + 1) * step;
    toldAt = now();
  };
}
