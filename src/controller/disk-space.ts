/**
 * Looks at the disk of the data directory, where the embedded database lives.
 *
 * roomy      → everything goes on.
 * scarce     less than 1 GiB or a tenth of it is free: said once in the log, seen in the metrics; everything goes on.
 * full       less than 64 MiB is free: new orders are refused and the controller is not ready, with the reason. What nodes
 *            have to tell is still taken for as long as it fits. The margin is for the database itself: one that cannot
 *            write its log stops at once.
 *
 * Each look moves to the state of what it finds, so nothing has to be done once there is room again.
 */
import { statfs } from 'node:fs/promises';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { Log } from '#runtime/log.ts';

const SCARCE_BYTES = 1 << 30;
const SCARCE_SHARE = 0.1;
const FULL_BYTES = 64 << 20;

export interface DiskSpaceParts {
  readonly directory: string;
  readonly log: Log;
  /** Default: asks the file system. */
  readonly measure?: () => Promise<Room>;
}

export interface Room {
  readonly freeBytes: number;
  readonly sizeBytes: number;
}

type State = 'roomy' | 'scarce' | 'full';

export class DiskSpace {
  readonly #parts: DiskSpaceParts;
  #room: Room | undefined;
  #state: State = 'roomy';

  constructor(parts: DiskSpaceParts) {
    this.#parts = parts;
  }

  /** As of the last look; undefined before the first. */
  get room(): Room | undefined {
    return this.#room;
  }

  async look(): Promise<void> {
    const { directory, measure = () => roomOf(directory) } = this.#parts;
    this.#room = await measure();
    const state = stateOf(this.#room);
    if (state !== this.#state) this.#tell(state, this.#room);
    this.#state = state;
  }

  /** @throws FleetError `unavailable` while the disk is full */
  requireRoom(): void {
    if (this.#state === 'full') throw new FleetError('unavailable', this.#refusal());
  }

  #tell(state: State, room: Room): void {
    const { directory, log } = this.#parts;
    const facts = { directory, ...room };
    if (state === 'roomy') log.info(facts, 'there is room again on the disk of the data directory');
    else if (state === 'scarce') log.warn(facts, 'the disk of the data directory is nearly full');
    else log.error(facts, this.#refusal());
  }

  #refusal(): string {
    const freeMiB = Math.floor((this.#room?.freeBytes ?? 0) / (1 << 20));
    return `the disk of the controller is full (${freeMiB} MiB free): nothing new is started until there is room; free some, or lower GARRISON_RETENTION_DAYS`;
  }
}

function stateOf({ freeBytes, sizeBytes }: Room): State {
  if (freeBytes < FULL_BYTES) return 'full';
  return freeBytes < SCARCE_BYTES || freeBytes < sizeBytes * SCARCE_SHARE ? 'scarce' : 'roomy';
}

/** What this user may still write: the file system keeps a share for root. */
async function roomOf(directory: string): Promise<Room> {
  const { bavail, blocks, bsize } = await statfs(directory);
  return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
}
