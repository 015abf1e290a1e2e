import { useQuery } from '@tanstack/react-query';
import { Page } from '../../parts/page.tsx';
import { Loaded } from '../../parts/states.tsx';
import { words } from '../../words/words.ts';
import { OutpostList } from './outpost-list.tsx';
import { ownOrgQuery } from './queries.ts';

export function OutpostsScreen() {
  const org = useQuery(ownOrgQuery);
  if (org.data !== undefined) return <OutpostList org={org.data} />;
  return (
    <Page title={words.outposts.title}>
      <Loaded query={org}>{() => null}</Loaded>
    </Page>
  );
}
