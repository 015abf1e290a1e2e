import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '../../app/root-route.tsx';
import { flagIn, numberIn, type RawSearch, textIn, wordIn } from '../../app/search.ts';
import { SCREENS } from '../../screens.ts';

export const OUTCOMES = ['running', 'complete', 'failed', 'halted', 'cancelled'] as const;

export interface RunsSearch {
  readonly outcome?: (typeof OUTCOMES)[number] | undefined;
  readonly tool?: string | undefined;
  readonly caller?: string | undefined;
  readonly node?: string | undefined;
  readonly text?: string | undefined;
}

export const runsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: SCREENS.runs.path,
  validateSearch: (raw: RawSearch): RunsSearch => ({
    outcome: wordIn(raw, 'outcome', OUTCOMES),
    tool: textIn(raw, 'tool'),
    caller: textIn(raw, 'caller'),
    node: textIn(raw, 'node'),
    text: textIn(raw, 'text'),
  }),
  component: lazyRouteComponent(() => import('./runs-screen.tsx'), 'RunsScreen'),
});

export const GROUP_FILTERS = ['failed', 'differs'] as const;

export interface RunSearch {
  /** The group that is looked at. */
  readonly group?: string | undefined;
  readonly show?: (typeof GROUP_FILTERS)[number] | undefined;
  /** Output as it is, with the host's own name in it. */
  readonly exact?: true | undefined;
}

export const runRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: SCREENS.run.path,
  validateSearch: (raw: RawSearch): RunSearch => ({
    group: textIn(raw, 'group'),
    show: wordIn(raw, 'show', GROUP_FILTERS),
    exact: flagIn(raw, 'exact'),
  }),
  component: lazyRouteComponent(() => import('./run-screen.tsx'), 'RunScreen'),
});

export interface CompareSearch {
  readonly one?: string | undefined;
  readonly other?: string | undefined;
}

export const compareRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: SCREENS.compareRuns.path,
  validateSearch: (raw: RawSearch): CompareSearch => ({ one: textIn(raw, 'one'), other: textIn(raw, 'other') }),
  component: lazyRouteComponent(() => import('./compare-screen.tsx'), 'CompareScreen'),
});

export interface ExecutionSearch {
  readonly line?: number | undefined;
  readonly find?: string | undefined;
  readonly stream?: 'stdout' | 'stderr' | undefined;
}

export const executionRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: SCREENS.execution.path,
  validateSearch: (raw: RawSearch): ExecutionSearch => ({
    line: numberIn(raw, 'line'),
    find: textIn(raw, 'find'),
    stream: wordIn(raw, 'stream', ['stdout', 'stderr']),
  }),
  component: lazyRouteComponent(() => import('./execution-screen.tsx'), 'ExecutionScreen'),
});

export const runsRoutes = [runsRoute, compareRoute, runRoute, executionRoute] as const;
