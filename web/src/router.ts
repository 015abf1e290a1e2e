import { createRouter } from '@tanstack/react-router';
import { rootRoute } from './app/root-route.tsx';
import { readSearch, writeSearch } from './app/search.ts';
import { aliasesRoutes } from './features/aliases/routes.ts';
import { approvalsRoutes } from './features/approvals/routes.ts';
import { auditRoutes } from './features/audit/routes.ts';
import { certificatesRoutes } from './features/certificates/routes.ts';
import { clustersRoutes } from './features/clusters/routes.ts';
import { composeRoutes } from './features/compose/routes.ts';
import { controllersRoutes } from './features/controllers/routes.ts';
import { dispatchesRoutes } from './features/dispatches/routes.ts';
import { eventsRoutes } from './features/events/routes.ts';
import { groupsRoutes } from './features/groups/routes.ts';
import { joinRoutes } from './features/join/routes.ts';
import { keysRoutes } from './features/keys/routes.ts';
import { nodesRoutes } from './features/nodes/routes.ts';
import { outpostsRoutes } from './features/outposts/routes.ts';
import { overviewRoutes } from './features/overview/routes.ts';
import { releasesRoutes } from './features/releases/routes.ts';
import { runsRoutes } from './features/runs/routes.ts';
import { sessionsRoutes } from './features/sessions/routes.ts';
import { settingsRoutes } from './features/settings/routes.ts';
import { terminalsRoutes } from './features/terminals/routes.ts';
import { webhooksRoutes } from './features/webhooks/routes.ts';

/** Each feature brings its routes. They are in the first load and hold no screen: screens come with their first visit. */
const routeTree = rootRoute.addChildren([
  ...overviewRoutes,
  ...nodesRoutes,
  ...terminalsRoutes,
  ...joinRoutes,
  ...groupsRoutes,
  ...runsRoutes,
  ...composeRoutes,
  ...clustersRoutes,
  ...aliasesRoutes,
  ...outpostsRoutes,
  ...dispatchesRoutes,
  ...approvalsRoutes,
  ...eventsRoutes,
  ...webhooksRoutes,
  ...keysRoutes,
  ...sessionsRoutes,
  ...certificatesRoutes,
  ...auditRoutes,
  ...controllersRoutes,
  ...releasesRoutes,
  ...settingsRoutes,
]);

export const router = createRouter({
  routeTree,
  basepath: '/console',
  defaultPreload: 'intent',
  scrollRestoration: true,
  parseSearch: readSearch,
  stringifySearch: writeSearch,
  context: { link: 'none' },
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
