import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '../../app/root-route.tsx';
import { flagIn, type RawSearch, textIn } from '../../app/search.ts';
import { SCREENS } from '../../screens.ts';

interface SettingsSearch {
  readonly text?: string | undefined;
  readonly all?: true | undefined;
}

export const settingsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: SCREENS.settings.path,
  validateSearch: (raw: RawSearch): SettingsSearch => ({ text: textIn(raw, 'text'), all: flagIn(raw, 'all') }),
  component: lazyRouteComponent(() => import('./settings-screen.tsx'), 'SettingsScreen'),
});

export const settingsRoutes = [settingsRoute] as const;
