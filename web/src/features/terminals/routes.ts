import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '../../app/root-route.tsx';
import { flagIn, type RawSearch, textIn } from '../../app/search.ts';
import { SCREENS } from '../../screens.ts';

export const terminalsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: SCREENS.terminals.path,
  validateSearch: (raw: RawSearch): { readonly open?: true | undefined } => ({ open: flagIn(raw, 'open') }),
  component: lazyRouteComponent(() => import('./terminals-screen.tsx'), 'TerminalsScreen'),
});

export const terminalSessionRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: SCREENS.terminalSession.path,
  component: lazyRouteComponent(() => import('./session-screen.tsx'), 'SessionScreen'),
});

export interface TerminalSearch {
  /** Come back to this one; while one is open, it is here. */
  readonly session?: string | undefined;
  /** Whom to be on the machine. */
  readonly user?: string | undefined;
}

export const terminalRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: SCREENS.terminal.path,
  validateSearch: (raw: RawSearch): TerminalSearch => ({ session: textIn(raw, 'session'), user: textIn(raw, 'user') }),
  component: lazyRouteComponent(() => import('./terminal-screen.tsx'), 'TerminalScreen'),
});

export const terminalsRoutes = [terminalsRoute, terminalSessionRoute, terminalRoute] as const;
