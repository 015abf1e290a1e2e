import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '../../app/root-route.tsx';
import { type RawSearch, textIn } from '../../app/search.ts';
import { SCREENS } from '../../screens.ts';

export interface ComposeSearch {
  /** A target, as `--on` takes it. */
  readonly on?: string | undefined;
  readonly tool?: string | undefined;
}

export const composeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: SCREENS.compose.path,
  validateSearch: (raw: RawSearch): ComposeSearch => ({ on: textIn(raw, 'on'), tool: textIn(raw, 'tool') }),
  component: lazyRouteComponent(() => import('./compose-screen.tsx'), 'ComposeScreen'),
});

export const composeRoutes = [composeRoute] as const;
