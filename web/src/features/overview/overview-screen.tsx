import { Link } from '@tanstack/react-router';
import { Page } from '../../parts/page.tsx';
import { words } from '../../words/words.ts';

export function OverviewScreen() {
  return (
    <Page title={words.overview.title}>
      <p>
        <Link to="/nodes">{words.nodes.title}</Link>
      </p>
    </Page>
  );
}
