import { useQuery } from '@tanstack/react-query';
import { Page } from '../../parts/page.tsx';
import { Loaded } from '../../parts/states.tsx';
import { fleetWords } from '../../words/fleet.ts';
import { OutpostList } from './outpost-list.tsx';
import { ownOrgQuery } from './queries.ts';

export function OutpostsScreen() {
  const org = useQuery(ownOrgQuery);
  if (org.data !== undefined) return <OutpostList org={org.data} />;
  return (
    <Page title={fleetWords.outposts.title}>
      <Loaded query={org}>{() => null}</Loaded>
    </Page>
  );
}
