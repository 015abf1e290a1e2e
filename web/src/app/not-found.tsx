import { Link } from '@tanstack/react-router';
import { Page } from '../parts/page.tsx';
import { Empty } from '../parts/states.tsx';
import { words } from '../words/words.ts';

export function NotFound() {
  return (
    <Page title={words.notFound.title}>
      <Empty title={words.notFound.title} hint={words.notFound.hint}>
        <Link to="/">{words.nav.overview}</Link>
      </Empty>
    </Page>
  );
}
