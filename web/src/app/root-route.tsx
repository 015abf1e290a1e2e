import { createRootRouteWithContext } from '@tanstack/react-router';
import type { LinkOutcome } from './exchange-link.ts';
import { Gate } from './gate.tsx';
import { NotFound } from './not-found.tsx';

export const rootRoute = createRootRouteWithContext<{ readonly link: LinkOutcome }>()({
  component: Gate,
  notFoundComponent: NotFound,
});
