import type { Operation } from '#surfaces/http/operation.ts';
import type { Surface } from '#surfaces/http/surface.ts';
import { unstartedSurfaces } from '#test/support/unstarted-surfaces.ts';

/** Every HTTP surface, by name, to be looked at. */
export const SURFACES: readonly Surface[] = unstartedSurfaces().sort((left, right) =>
  left.name.localeCompare(right.name),
);

export interface ServedOperation {
  readonly surface: Surface;
  readonly operation: Operation;
  /** `GET /v1/orgs/{}`: parameters by their place, because names are the surface's own business. */
  readonly key: string;
}

export const OPERATIONS: readonly ServedOperation[] = SURFACES.flatMap((surface) =>
  surface.operations.map((operation) => ({ surface, operation, key: keyOf(operation.method, operation.path) })),
);

export function keyOf(method: string, path: string): string {
  return `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, '{}')}`;
}
