import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '../../app/root-route.tsx';
import { type RawSearch, wordIn } from '../../app/search.ts';
import { SCREENS } from '../../screens.ts';

const STATES = ['waiting', 'approved', 'denied', 'expired', 'withdrawn'] as const;

interface ApprovalsSearch {
  readonly state?: (typeof STATES)[number] | undefined;
}

export const approvalsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: SCREENS.approvals.path,
  validateSearch: (raw: RawSearch): ApprovalsSearch => ({ state: wordIn(raw, 'state', STATES) }),
  component: lazyRouteComponent(() => import('./approvals-screen.tsx'), 'ApprovalsScreen'),
});

export const approvalsRoutes = [approvalsRoute] as const;
