import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '../../app/root-route.tsx';
import { flagIn, type RawSearch } from '../../app/search.ts';
import { SCREENS } from '../../screens.ts';

export const certificatesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: SCREENS.certificates.path,
  validateSearch: (raw: RawSearch): { readonly old?: true | undefined } => ({ old: flagIn(raw, 'old') }),
  component: lazyRouteComponent(() => import('./certificates-screen.tsx'), 'CertificatesScreen'),
});

export const certificatesRoutes = [certificatesRoute] as const;
