import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Field, FieldRow } from '../../parts/field.tsx';
import { FormDialog, textOf } from '../../parts/form-dialog.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Page } from '../../parts/page.tsx';
import { SecretDialog } from '../../parts/secret-dialog.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { Status, type Tone } from '../../parts/status.tsx';
import { Table, type TableColumn } from '../../parts/table.tsx';
import { fleetWords } from '../../words/fleet.ts';
import { words } from '../../words/words.ts';
import { type Outpost, type OutpostBundle, outpostsQuery } from './queries.ts';

const { columns: titles } = fleetWords.outposts;

const TONES: Readonly<Record<Outpost['status'], Tone>> = {
  active: 'good',
  inactive: 'calm',
  cert_expired: 'bad',
  deregistered: 'calm',
};

type Open = { readonly kind: 'form' } | { readonly kind: 'renewal' | 'removal'; readonly outpost: Outpost };

export function OutpostList({ org }: { readonly org: string }) {
  const query = useQuery(outpostsQuery(org));
  const [open, setOpen] = useState<Open>();
  const [bundle, setBundle] = useState<OutpostBundle>();
  const close = () => setOpen(undefined);
  const columns: readonly TableColumn<Outpost>[] = [
    { name: 'name', title: titles.name, isFlexible: true, cell: ({ outpost_name: name }) => name },
    { name: 'region', title: titles.region, cell: ({ region }) => region },
    {
      name: 'status',
      title: titles.status,
      cell: ({ status }) => <Status tone={TONES[status]}>{fleetWords.outposts.status[status]}</Status>,
    },
    { name: 'seen', title: titles.seen, cell: ({ last_seen: at }) => <Moment at={at} /> },
    { name: 'version', title: titles.version, cell: ({ outpost_version: version }) => version ?? '–' },
    { name: 'certificate', title: titles.certificate, cell: ({ cert_expires_at: at }) => <Moment at={at} /> },
    {
      name: 'actions',
      title: words.parts.actions,
      isActions: true,
      cell: (outpost) =>
        outpost.status !== 'deregistered' && (
          <>
            <button type="button" className="small" onClick={() => setOpen({ kind: 'renewal', outpost })}>
              {fleetWords.outposts.renew}
            </button>{' '}
            <button type="button" className="small" onClick={() => setOpen({ kind: 'removal', outpost })}>
              {fleetWords.outposts.remove}
            </button>
          </>
        ),
    },
  ];
  return (
    <Page
      title={fleetWords.outposts.title}
      actions={
        <button type="button" className="primary" onClick={() => setOpen({ kind: 'form' })}>
          <Plus size={15} aria-hidden />
          {fleetWords.outposts.create}
        </button>
      }
    >
      <Loaded query={query}>
        {(outposts) =>
          outposts.length === 0 ? (
            <Empty title={fleetWords.outposts.none} hint={fleetWords.outposts.noneHint} />
          ) : (
            <Table
              label={fleetWords.outposts.title}
              columns={columns}
              rows={outposts}
              keyOf={({ id }) => id}
              isOver={({ status }) => status === 'deregistered'}
            />
          )
        }
      </Loaded>
      {open?.kind === 'form' && (
        <FormDialog<OutpostBundle>
          title={fleetWords.outposts.create}
          submit={fleetWords.outposts.create}
          close={close}
          changes={['outposts']}
          done={(made) => {
            close();
            setBundle(made);
          }}
          act={(form) =>
            call('POST /v1/orgs/{org_id}/outposts', {
              path: { org_id: org },
              body: {
                outpost_name: textOf(form, 'name') ?? '',
                region: textOf(form, 'region') ?? '',
                deployment_env: textOf(form, 'environment'),
              },
            })
          }
        >
          <Field label={fleetWords.outposts.name}>
            {(ids) => <input {...ids} name="name" required maxLength={128} autoComplete="off" />}
          </Field>
          <FieldRow>
            <Field label={fleetWords.outposts.region}>
              {(ids) => <input {...ids} name="region" required maxLength={64} autoComplete="off" />}
            </Field>
            <Field label={fleetWords.outposts.environment} hint={fleetWords.outposts.environmentHint}>
              {(ids) => <input {...ids} name="environment" maxLength={255} autoComplete="off" />}
            </Field>
          </FieldRow>
        </FormDialog>
      )}
      {open?.kind === 'renewal' && (
        <FormDialog<OutpostBundle>
          title={fleetWords.outposts.renewTitle(open.outpost.outpost_name)}
          submit={fleetWords.outposts.renew}
          close={close}
          changes={['outposts']}
          done={(made) => {
            close();
            setBundle(made);
          }}
          act={() => {
            const path = { org_id: org, outpost_id: open.outpost.id };
            return call('POST /v1/orgs/{org_id}/outposts/{outpost_id}/renew', { path, body: {} });
          }}
        >
          <p>{fleetWords.outposts.renewHint}</p>
        </FormDialog>
      )}
      {open?.kind === 'removal' && (
        <Confirm
          title={fleetWords.outposts.removeTitle(open.outpost.outpost_name)}
          consequence={fleetWords.outposts.removeHint}
          submit={fleetWords.outposts.remove}
          typed={open.outpost.outpost_name}
          close={close}
          act={() => {
            const path = { org_id: org, outpost_id: open.outpost.id };
            return call('DELETE /v1/orgs/{org_id}/outposts/{outpost_id}', { path });
          }}
          changes={['outposts']}
        />
      )}
      {bundle !== undefined && (
        <SecretDialog
          title={fleetWords.outposts.made(bundle.outpost.outpost_name)}
          note={fleetWords.outposts.keyOnce}
          secrets={[
            [fleetWords.outposts.key, bundle.client_key],
            [fleetWords.outposts.certificate, bundle.client_cert],
            [fleetWords.outposts.authorities, bundle.ca_bundle],
          ]}
          close={() => setBundle(undefined)}
        />
      )}
    </Page>
  );
}
