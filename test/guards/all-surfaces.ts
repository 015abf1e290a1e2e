import { edgeAdminSurface } from '#surfaces/edge-admin/surface.ts';
import { edgeFleetSurface } from '#surfaces/edge-fleet/surface.ts';
import { healthSurface } from '#surfaces/health/health.ts';
import type { Operation } from '#surfaces/http/operation.ts';
import type { Surface } from '#surfaces/http/surface.ts';
import { nativeSurface } from '#surfaces/native/surface.ts';
import { orgOutpostsSurface } from '#surfaces/org-outposts/surface.ts';

/** Every HTTP surface, to be looked at: no handler is called, so their dependencies are nothing. */
export const SURFACES: readonly Surface[] = [
  edgeAdminSurface(nothing()),
  edgeFleetSurface(nothing()),
  healthSurface({ ...nothing<object>(), checks: {} } as never), // it lists its checks when it is asked only
  nativeSurface(nothing()),
  orgOutpostsSurface(nothing()),
];

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

/** Whatever is asked of it is nothing again; as a number it is 0. */
function nothing<T extends object>(): T {
  return new Proxy((() => nothing()) as never, {
    get: (_, name) => (name === Symbol.toPrimitive ? () => 0 : nothing()),
  });
}
