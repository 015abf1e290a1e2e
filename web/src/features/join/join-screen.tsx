import { useState } from 'react';
import { Page } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { fleetWords } from '../../words/fleet.ts';
import { JoinSecrets } from './join-secrets.tsx';
import { MakeSecret } from './make-secret.tsx';
import type { JoinSecret } from './queries.ts';
import { ShowSecret } from './show-secret.tsx';
import { WaitingNodes } from './waiting-nodes.tsx';

const words = fleetWords.join;

export function JoinScreen() {
  const [secret, setSecret] = useState<JoinSecret>();
  return (
    <Page title={words.title}>
      {secret === undefined ? (
        <Panel title={words.form} hint={words.hint}>
          <MakeSecret made={setSecret} />
        </Panel>
      ) : (
        <ShowSecret secret={secret} another={() => setSecret(undefined)} />
      )}
      <WaitingNodes />
      <Panel title={words.keys}>
        <JoinSecrets />
      </Panel>
    </Page>
  );
}
