import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { useSession } from '../../app/session-context.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Loaded } from '../../parts/states.tsx';
import { Status } from '../../parts/status.tsx';
import { Table, type TableColumn } from '../../parts/table.tsx';
import { words } from '../../words/words.ts';
import styles from './authorities.module.css';
import { type Authority, authoritiesQuery } from './queries.ts';

const COLUMNS: readonly TableColumn<Authority>[] = [
  { name: 'ends', title: words.certificates.ends, cell: ({ not_after }) => <Moment at={not_after} /> },
  {
    name: 'kind',
    title: words.certificates.columns.purpose,
    cell: ({ kind }) => words.certificates.kinds[kind],
  },
  {
    name: 'state',
    title: words.certificates.columns.state,
    cell: ({ is_issuing }) => (
      <Status tone={is_issuing ? 'good' : 'calm'}>
        {is_issuing ? words.certificates.issuing : words.certificates.trusted}
      </Status>
    ),
  },
  { name: 'id', title: words.certificates.id, isFlexible: true, cell: ({ id }) => <code>{id}</code> },
];

export function Authorities() {
  const query = useQuery(authoritiesQuery);
  const { principal } = useSession();
  const [isRotating, setIsRotating] = useState(false);
  return (
    <Loaded query={query} rows={2}>
      {({ items }) => (
        <>
          <Table label={words.certificates.authorities} columns={COLUMNS} rows={items} keyOf={({ id }) => id} />
          <div className={styles.links}>
            <a href="/pki/ca.pem" download>
              {words.certificates.ca}
            </a>
            <a href="/pki/crl.pem" download>
              {words.certificates.crl}
            </a>
            {principal.kind === 'master' && (
              <button type="button" onClick={() => setIsRotating(true)}>
                {words.certificates.rotate}
              </button>
            )}
          </div>
          {isRotating && (
            <Confirm
              title={words.certificates.rotateTitle}
              consequence={words.certificates.rotateHint}
              submit={words.certificates.rotate}
              close={() => setIsRotating(false)}
              act={() => call('POST /v1/authorities/rotate-intermediate')}
              changes={['certificates']}
            />
          )}
        </>
      )}
    </Loaded>
  );
}
