import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '../../app/root-route.tsx';
import { type RawSearch, textIn } from '../../app/search.ts';
import { SCREENS } from '../../screens.ts';

export const eventsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: SCREENS.events.path,
  validateSearch: (raw: RawSearch) => ({ type: textIn(raw, 'type') }),
  component: lazyRouteComponent(() => import('./events-screen.tsx'), 'EventsScreen'),
});

export const eventsRoutes = [eventsRoute] as const;
