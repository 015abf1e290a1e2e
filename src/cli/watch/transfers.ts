import { readTransferLines } from '#protocol/tools/transfer-line.ts';
import type { NodeNames } from './node-names.ts';
import type { RunTally } from './run-tally.ts';

const SHOWN = 3;
const MEBIBYTE = 1_048_576;

/** How far a file has come at each node that it is sent to, and at all of them. */
export class Transfers {
  readonly #size: number;
  readonly #came = new Map<string, number>();

  constructor(size: number) {
    this.#size = size;
  }

  /** Whether it was nothing but that. */
  hear(nodeId: string, text: string): boolean {
    const told = readTransferLines(text);
    if (told === undefined || told.size !== this.#size) return false;
    this.#came.set(nodeId, Math.min(told.came, told.size));
    return true;
  }

  /** `120.0 of 640.0 MiB (18 %): db-1 5 %, web-3 20 % and 4 more`, the slowest first; empty while no node has told anything. */
  describe({ targets, results }: Pick<RunTally, 'targets' | 'results'>, names: NodeNames): string {
    const underway = [...this.#came].filter(([nodeId]) => !results.has(nodeId));
    if (underway.length === 0) return '';
    const all = this.#size * targets.length;
    const came = underway.reduce((sum, [, bytes]) => sum + bytes, this.#size * results.size);
    const slowest = underway.toSorted(([, one], [, other]) => one - other).slice(0, SHOWN);
    const each = slowest.map(([nodeId, bytes]) => `${names.of(nodeId)} ${percent(bytes, this.#size)}`).join(', ');
    const more = underway.length > SHOWN ? ` and ${underway.length - SHOWN} more` : '';
    const [sent, whole] = [came, all].map((bytes) => (bytes / MEBIBYTE).toFixed(1));
    return `${sent} of ${whole} MiB (${percent(came, all)}): ${each}${more}`;
  }
}

function percent(part: number, whole: number): string {
  return `${Math.floor((part / whole) * 100)} %`;
}
