import type { ControllerId } from '../kernel/ids.ts';

/** A server process, as the others see it. */
export interface KnownController {
  readonly id: ControllerId;
  readonly name: string;
  /** Most peers it takes: other controllers and nodes together. */
  readonly capacity: number;
  readonly startedAt: Date;
  readonly leaseUntil: Date;
  readonly stoppedAt: Date | null;
}

export function isActive(controller: KnownController, now: Date): boolean {
  return controller.stoppedAt === null && controller.leaseUntil > now;
}
