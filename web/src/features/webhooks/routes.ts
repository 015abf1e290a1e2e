import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '../../app/root-route.tsx';
import { type RawSearch, wordIn } from '../../app/search.ts';
import { SCREENS } from '../../screens.ts';

const OUTCOMES = ['delivered', 'refused', 'failed', 'exhausted', 'outdated', 'forgotten'] as const;

export const webhookRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: SCREENS.webhook.path,
  validateSearch: (raw: RawSearch) => ({ outcome: wordIn(raw, 'outcome', OUTCOMES) }),
  component: lazyRouteComponent(() => import('./webhook-screen.tsx'), 'WebhookScreen'),
});

export const webhooksRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: SCREENS.webhooks.path,
    component: lazyRouteComponent(() => import('./webhooks-screen.tsx'), 'WebhooksScreen'),
  }),
  webhookRoute,
] as const;
