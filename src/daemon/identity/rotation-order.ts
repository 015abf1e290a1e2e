import { readFileSync, rmSync } from 'node:fs';
import { writeFileAtomically } from '#runtime/write-file-atomically.ts';
import type { StateDir } from '../state-dir/state-dir.ts';

/** Whoever runs this host wants another key for it. On the disk until the last step is done. */
export interface RotationOrder {
  /** The serial of the certificate that is to be replaced. */
  readonly serial: string;
  /** ISO 8601: from then on the old certificates are revoked. */
  readonly keepOldUntil: string;
}

export interface RotationDesk {
  read(): RotationOrder | undefined;
  /** Durable when it returns; takes the place of an earlier one. */
  order(order: RotationOrder): void;
  /** All of it is done. */
  close(): void;
}

export function rotationDesk({ rotationFile }: StateDir): RotationDesk {
  return {
    read() {
      try {
        return JSON.parse(readFileSync(rotationFile, 'utf8')) as RotationOrder; // `order` is its only writer
      } catch {
        return undefined;
      }
    },
    order: (order) => writeFileAtomically(rotationFile, `${JSON.stringify(order)}\n`),
    close: () => rmSync(rotationFile, { force: true }),
  };
}
