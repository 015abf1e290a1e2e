import { useQuery } from '@tanstack/react-query';
import { PartyPopper } from 'lucide-react';
import { useState } from 'react';
import { CopyText } from '../../parts/copy-text.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Panel } from '../../parts/panel.tsx';
import { QrCode } from '../../parts/qr-code.tsx';
import { fleetWords } from '../../words/fleet.ts';
import { words as common } from '../../words/words.ts';
import styles from './join.module.css';
import { JOIN_LINES, type SystemName } from './join-lines.ts';
import { type JoinSecret, joinedSinceQuery } from './queries.ts';

const words = fleetWords.join;
const SYSTEMS = Object.keys(JOIN_LINES) as SystemName[]; // they are its keys

/** The secret, what to do with it, and who has come with it. */
export function ShowSecret({ secret, another }: { readonly secret: JoinSecret; readonly another: () => void }) {
  const [system, setSystem] = useState<SystemName>('linux');
  return (
    <div className={styles.shown}>
      <Panel
        title={words.lines}
        hint={words.linesHint}
        actions={
          <button type="button" onClick={another}>
            {words.another}
          </button>
        }
      >
        <fieldset className={styles.kinds}>
          <legend className="hidden-but-read">{words.lines}</legend>
          {SYSTEMS.map((one) => (
            <label key={one} className={styles.kind}>
              <input type="radio" name="system" checked={system === one} onChange={() => setSystem(one)} />
              {words.systems[one]}
            </label>
          ))}
        </fieldset>
        <CopyText text={JOIN_LINES[system](secret.secret)} label={words.systems[system]} />
        <p className={styles.quiet}>
          {words.ends}: {secret.expiresAt === null ? common.parts.never : <Moment at={secret.expiresAt} />}
        </p>
        <Arrivals since={secret.madeAt} />
      </Panel>
      <Panel title={words.qr}>
        <QrCode text={`aegis-edge-enroll://${secret.secret}`} label={words.qrLabel} />
      </Panel>
    </div>
  );
}

function Arrivals({ since }: { readonly since: number }) {
  const { data: joined = [] } = useQuery(joinedSinceQuery(since));
  return (
    <div className={styles.arrivals} role="status" data-joined={joined.length}>
      <p>{joined.length === 0 ? words.waiting : words.greeted(joined.length)}</p>
      {joined.length === 0 && <p className={styles.quiet}>{words.waitingHint}</p>}
      <ul className={styles.list}>
        {joined.map(({ node_id: id, name }) => (
          <li key={id} className={styles.arrival}>
            <PartyPopper size={16} aria-hidden />
            <strong>{words.greeting(name)}</strong>
            <a href={`/console/nodes/${id}`}>{words.open}</a>
          </li>
        ))}
      </ul>
    </div>
  );
}
