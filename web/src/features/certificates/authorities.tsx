import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Loaded } from '../../parts/states.tsx';
import { Status } from '../../parts/status.tsx';
import { Table, type TableColumn } from '../../parts/table.tsx';
import { accessWords } from '../../words/access.ts';
import styles from './authorities.module.css';
import { type Authority, authoritiesQuery } from './queries.ts';

const COLUMNS: readonly TableColumn<Authority>[] = [
  { name: 'ends', title: accessWords.certificates.ends, cell: ({ not_after }) => <Moment at={not_after} /> },
  {
    name: 'kind',
    title: accessWords.certificates.columns.purpose,
    cell: ({ kind }) => accessWords.certificates.kinds[kind],
  },
  {
    name: 'state',
    title: accessWords.certificates.columns.state,
    cell: ({ is_issuing }) => (
      <Status tone={is_issuing ? 'good' : 'calm'}>
        {is_issuing ? accessWords.certificates.issuing : accessWords.certificates.trusted}
      </Status>
    ),
  },
  { name: 'id', title: accessWords.certificates.id, isFlexible: true, cell: ({ id }) => <code>{id}</code> },
];

export function Authorities() {
  const query = useQuery(authoritiesQuery);
  const [isRotating, setIsRotating] = useState(false);
  return (
    <Loaded query={query} rows={2}>
      {({ items }) => (
        <>
          <Table label={accessWords.certificates.authorities} columns={COLUMNS} rows={items} keyOf={({ id }) => id} />
          <div className={styles.links}>
            <a href="/pki/ca.pem" download>
              {accessWords.certificates.ca}
            </a>
            <a href="/pki/crl.pem" download>
              {accessWords.certificates.crl}
            </a>
            <button type="button" onClick={() => setIsRotating(true)}>
              {accessWords.certificates.rotate}
            </button>
          </div>
          {isRotating && (
            <Confirm
              title={accessWords.certificates.rotateTitle}
              consequence={accessWords.certificates.rotateHint}
              submit={accessWords.certificates.rotate}
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
