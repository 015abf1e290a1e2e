import { Link } from '@tanstack/react-router';
import { Page } from '../../parts/page.tsx';
import { nodeWords } from '../../words/nodes.ts';
import { words } from '../../words/words.ts';

export function OverviewScreen() {
  return (
    <Page title={words.overview.title}>
      <p>
        <Link to="/nodes">{nodeWords.nodes.title}</Link>
      </p>
    </Page>
  );
}
