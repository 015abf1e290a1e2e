import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { mayUse } from '../../app/session.ts';
import { useSession } from '../../app/session-context.ts';
import { Page } from '../../parts/page.tsx';
import { Failure, Loaded } from '../../parts/states.tsx';
import { terminalWords } from '../../words/terminals.ts';
import { words as common } from '../../words/words.ts';
import type { ConnectionState, Wanted } from './connection.ts';
import { machineQuery } from './queries.ts';
import { terminalRoute } from './routes.ts';
import styles from './terminal.module.css';
import { useConnection } from './use-connection.ts';
import { useEmulator, useIsRead } from './use-emulator.ts';

const { live: words } = terminalWords;
const SCOPE = 'garrison.terminals.open';

/** A shell on a machine. */
export function TerminalScreen() {
  const { node: id } = useParams({ from: terminalRoute.id });
  const query = useQuery(machineQuery(id));
  const mayOpen = mayUse(useSession(), SCOPE);
  return (
    <Page title={words.title(query.data?.name ?? '…')}>
      {mayOpen ? (
        <Loaded query={query}>{({ node_id: node, name }) => <LiveTerminal node={node} name={name} />}</Loaded>
      ) : (
        <p>{common.states.scopeNeeded(SCOPE)}</p>
      )}
    </Page>
  );
}

function LiveTerminal({ node, name }: { readonly node: string; readonly name: string }) {
  const { session, user } = useSearch({ from: terminalRoute.id });
  const navigate = useNavigate({ from: terminalRoute.fullPath });
  const [wanted, setWanted] = useState<Wanted>(() =>
    session === undefined ? { kind: 'terminal', node, user } : { kind: 'session', sessionId: session },
  );
  const { place, emulator } = useEmulator({ label: words.label(name), isFitted: true });
  const connected = useConnection(emulator, {
    wanted,
    onOpened: (opened) => void navigate({ search: { user, session: opened }, replace: true }),
  });
  const [isRead, setIsRead] = useIsRead();
  const way = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    emulator?.terminal.attachCustomKeyEventHandler((event) => {
      if (isWayOut(event)) way.current?.focus();
      const isCopy = event.ctrlKey && !event.shiftKey && event.code === 'KeyC' && emulator.terminal.hasSelection();
      return !isWayOut(event) && !isCopy;
    });
  }, [emulator]);
  const isOver = connected.state.kind === 'over';
  const again = () => {
    void navigate({ search: { user }, replace: true });
    setWanted({ kind: 'terminal', node, user });
  };
  return (
    <>
      <div className={styles.frame}>
        <div className={styles.bar}>
          <div role="status">
            {sayState(connected.state, connected.user)} {connected.notice}
          </div>
          <label>
            <input type="checkbox" checked={isRead} onChange={({ target }) => setIsRead(target.checked)} /> {words.read}
          </label>
          <button ref={way} type="button" className="small" onClick={isOver ? again : connected.leave}>
            {isOver ? words.again : words.end}
          </button>
        </div>
        <div ref={place} className={styles.place} />
        <p className={styles.hint}>{words.hint}</p>
      </div>
      {connected.state.kind === 'over' && <WhyOver problem={connected.state.problem} />}
    </>
  );
}

function isWayOut({ type, ctrlKey, shiftKey, code }: KeyboardEvent): boolean {
  return type === 'keydown' && ctrlKey && shiftKey && code === 'KeyL';
}

function sayState(state: ConnectionState, user: string | undefined): ReactNode {
  if (state.kind === 'open') return words.open(user ?? '…');
  if (state.kind !== 'over') return words[state.kind];
  return state.code === null ? words.over : words.exited(state.code);
}

function WhyOver({ problem }: { readonly problem: unknown }) {
  if (problem === undefined) return null;
  const text = problem instanceof Error ? problem.message : '';
  if (!text.startsWith('approval_required')) return <Failure error={problem} />;
  return (
    <p role="alert">
      {words.approval} {text.replace(/^\w+: /, '')} <Link to="/approvals">{words.approvals}</Link>
    </p>
  );
}
