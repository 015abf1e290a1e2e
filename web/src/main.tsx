import './styles/tokens.css';
import './styles/page.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { exchangeLink } from './app/exchange-link.ts';
import { queries } from './app/queries.ts';
import { applyTheme } from './app/theme.ts';
import { startFeed } from './feed/start-feed.ts';
import { router } from './router.ts';

/** The secret of a link leaves the address bar before anything is drawn. */
const whatBecameOfTheLink = await exchangeLink(window.location, window.history);
applyTheme();
startFeed();

const place = document.getElementById('console');
if (place === null) throw new Error('index.html has no place for the console');
createRoot(place).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} context={{ link: whatBecameOfTheLink }} />
    </QueryClientProvider>
  </StrictMode>,
);
