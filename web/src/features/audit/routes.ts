import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '../../app/root-route.tsx';
import { type RawSearch, textIn } from '../../app/search.ts';
import { SCREENS } from '../../screens.ts';

export const auditRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: SCREENS.audit.path,
  validateSearch: (raw: RawSearch) => ({
    who: textIn(raw, 'who'),
    what: textIn(raw, 'what'),
    object: textIn(raw, 'object'),
  }),
  component: lazyRouteComponent(() => import('./audit-screen.tsx'), 'AuditScreen'),
});

export const auditRoutes = [auditRoute] as const;
