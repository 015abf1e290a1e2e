import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LimitsKind } from '#protocol/tools/agent-result.ts';

/** Where limits are set: the root of version 2, or a directory for each controller of version 1. */
export type Limits =
  | { readonly kind: 'cgroup2'; readonly root: string }
  | { readonly kind: 'cgroup1'; readonly controllers: Readonly<Record<string, string>> }
  | { readonly kind: 'rlimits' };

const MEANT = ['memory', 'pids'] as const;

/** Version 2 where it has the controllers we need and we may write there; else version 1; else what a process takes with it. */
export function findLimits(mounts = readIfThere('/proc/self/mounts'), self = readIfThere('/proc/self/cgroup')): Limits {
  const rows = mounts.split('\n').map((line) => line.split(' '));
  const v2 = rows.find(([, , type]) => type === 'cgroup2')?.[1];
  if (v2 !== undefined) {
    const own = join(v2, /^0::(.*)$/m.exec(self)?.[1] ?? '/');
    const root = [own, v2].find((place) => hasControllers(place) && isWritable(place));
    if (root !== undefined) return { kind: 'cgroup2', root };
  }
  const v1 = rows.filter(([, , type]) => type === 'cgroup');
  const controllers = Object.fromEntries(
    ['memory', 'pids', 'cpu', 'cpuacct'].flatMap((name) => {
      const point = v1.find(([, , , options = '']) => options.split(',').includes(name))?.[1];
      return point !== undefined && isWritable(point) ? [[name, point]] : [];
    }),
  );
  const hasAll = MEANT.every((name) => name in controllers);
  return hasAll ? { kind: 'cgroup1', controllers } : { kind: 'rlimits' };
}

export function describeLimits(kind: LimitsKind): string {
  const words: Readonly<Record<LimitsKind, string>> = {
    cgroup2: 'memory, processes and CPU are limited by cgroup v2',
    cgroup1: 'memory, processes and CPU are limited by cgroup v1',
    rlimits: 'only processes, open files and the size of a file are limited (rlimits): no cgroup can be written',
  };
  return words[kind];
}

function hasControllers(place: string): boolean {
  const there = readIfThere(join(place, 'cgroup.controllers')).trim().split(' ');
  return MEANT.every((name) => there.includes(name));
}

function isWritable(place: string): boolean {
  try {
    accessSync(place, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
