import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { Action } from '../../parts/action.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Page } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Failure, Loaded } from '../../parts/states.tsx';
import { formatBytes } from '../../words/format.ts';
import { terminalWords } from '../../words/terminals.ts';
import type { Wanted } from './connection.ts';
import { Player } from './player.tsx';
import { endTerminal, type TerminalSession, terminalQuery } from './queries.ts';
import { terminalSessionRoute } from './routes.ts';
import styles from './terminal.module.css';
import { TerminalStatus } from './terminal-status.tsx';
import { useConnection } from './use-connection.ts';
import { useEmulator } from './use-emulator.ts';

const { session: words, list } = terminalWords;

/** One terminal: who, where, how it went; and a look at it, now or as it was. */
export function SessionScreen() {
  const { session: id } = useParams({ from: terminalSessionRoute.id });
  const query = useQuery(terminalQuery(id));
  const [looking, setLooking] = useState<'watch' | 'play'>();
  return (
    <Page
      title={words.title(query.data?.node_name ?? '…')}
      beside={query.data && <TerminalStatus session={query.data} />}
      actions={query.data && <SessionActions session={query.data} looking={looking} look={setLooking} />}
    >
      <Loaded query={query}>
        {(session) => (
          <>
            {looking === 'watch' && <Watched session={session} />}
            {looking === 'play' && <Player session={session.id} />}
            <AboutSession session={session} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

interface ActionsProps {
  readonly session: TerminalSession;
  readonly looking: 'watch' | 'play' | undefined;
  readonly look: (at: 'watch' | 'play' | undefined) => void;
}

function SessionActions({ session, looking, look }: ActionsProps) {
  const [isEnding, setIsEnding] = useState(false);
  const isOver = session.status === 'ended';
  const turn = (at: 'watch' | 'play') => look(looking === at ? undefined : at);
  return (
    <>
      {session.recording !== null && (
        <Action scope="garrison.recordings.read" act={() => turn('play')}>
          {looking === 'play' ? words.playStop : words.play}
        </Action>
      )}
      {!isOver && (
        <Action scope="garrison.sessions.watch" act={() => turn('watch')}>
          {looking === 'watch' ? words.watchStop : words.watch}
        </Action>
      )}
      {!isOver && (
        <Action
          scope={session.is_own ? 'garrison.terminals.open' : 'garrison.sessions.end'}
          look="danger"
          act={() => setIsEnding(true)}
        >
          {words.end}
        </Action>
      )}
      {session.status === 'detached' && session.is_own && (
        <Link
          to="/nodes/$node/terminal"
          params={{ node: session.node_id }}
          search={{ session: session.id }}
          className="button primary"
        >
          {words.comeBack}
        </Link>
      )}
      {isEnding && (
        <Confirm
          title={words.endTitle}
          consequence={words.endHint}
          submit={words.end}
          close={() => setIsEnding(false)}
          act={() => endTerminal(session.id)}
          changes={['terminals']}
        />
      )}
    </>
  );
}

function Watched({ session }: { readonly session: TerminalSession }) {
  const { id, node_name: name } = session;
  const wanted = useMemo<Wanted>(() => ({ kind: 'watch', sessionId: id }), [id]);
  const { place, emulator } = useEmulator({ label: words.watched(name), isReadOnly: true });
  const { state } = useConnection(emulator, { wanted });
  return (
    <div className={styles.frame}>
      <div className={styles.bar}>
        <div role="status">{state.kind === 'over' ? words.watchOver : words.told}</div>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard scrolls what has the focus */}
      <div ref={place} className={styles.shown} role="group" aria-label={words.watched(name)} tabIndex={0} />
      {state.kind === 'over' && state.problem !== undefined && <Failure error={state.problem} />}
    </div>
  );
}

function AboutSession({ session }: { readonly session: TerminalSession }) {
  const { recording } = session;
  return (
    <Panel title={words.facts}>
      <Facts
        facts={[
          [
            words.node,
            <Link key="node" to="/nodes/$node" params={{ node: session.node_id }} search={{}}>
              {session.node_name}
            </Link>,
          ],
          [words.by, session.is_own ? list.own(session.caller) : session.caller],
          [words.from, session.address],
          [words.door, words.doors[session.door]],
          [words.as, session.local_user],
          [words.what, session.program ?? list.shell],
          [words.status, <TerminalStatus key="status" session={session} />],
          [words.endedBy, session.ended_by],
          [words.connections, session.connections],
          [words.began, <Moment key="began" at={session.started_at} as="full" />],
          [words.ended, session.ended_at !== null && <Moment key="ended" at={session.ended_at} as="full" />],
          [words.recording, recording === null ? words.none : sayRecording(recording)],
        ]}
      />
    </Panel>
  );
}

function sayRecording({ bytes, problem }: NonNullable<TerminalSession['recording']>): string {
  const size = words.bytes(formatBytes(bytes));
  return problem === null ? size : `${size}, ${words.notWhole(problem)}`;
}
