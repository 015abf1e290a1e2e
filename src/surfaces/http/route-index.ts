import { FleetError } from '#core/kernel/fleet-error.ts';
import type { Surface } from './surface.ts';

/** Which surface an address belongs to, and what is wrong with one nothing serves. */
export class RouteIndex {
  readonly #prefixes: readonly { prefix: string; surface: Surface }[];
  readonly #routes: readonly { method: string; pattern: RegExp }[];

  constructor(surfaces: readonly Surface[]) {
    this.#prefixes = surfaces
      .flatMap((surface) => surface.prefixes.map((prefix) => ({ prefix, surface })))
      .sort((a, b) => b.prefix.length - a.prefix.length);
    this.#routes = surfaces
      .flatMap((surface) => surface.operations)
      .map(({ method, path }) => ({ method, pattern: patternOf(path) }));
  }

  /** The surface whose longest prefix the path has, by whole segments; undefined for addresses of nobody. */
  surfaceOf(url: string): Surface | undefined {
    const path = pathOf(url);
    return this.#prefixes.find(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`))?.surface;
  }

  /** `method_not_allowed` where the path is known, else `not_found`. */
  whyUnknown(method: string, url: string): FleetError {
    const path = pathOf(url);
    const known = this.#routes.filter(({ pattern }) => pattern.test(path)).map((route) => route.method);
    if (known.length === 0)
      return new FleetError('not_found', `there is no route ${method} ${path}; /swaggerui lists what there is`);
    const allow = [...new Set(known)].join(', ');
    return new FleetError('method_not_allowed', `${path} does not know ${method}, but ${allow}`, { facts: { allow } });
  }
}

export function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? url;
}

function patternOf(path: string): RegExp {
  const steps = path.split('/').map((step) => (/^\{.+\}$/.test(step) ? '[^/]+' : step.replaceAll('.', '\\.')));
  return new RegExp(`^${steps.join('/')}$`);
}
