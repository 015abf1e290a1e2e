import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { Action } from '../../parts/action.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Field } from '../../parts/field.tsx';
import { Filter } from '../../parts/filter.tsx';
import { FormDialog, textOf } from '../../parts/form-dialog.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Page } from '../../parts/page.tsx';
import { PagedTable } from '../../parts/paged-table.tsx';
import { Empty } from '../../parts/states.tsx';
import { Status, type Tone } from '../../parts/status.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { formatNumber } from '../../words/format.ts';
import { words as common } from '../../words/words.ts';
import { workWords } from '../../words/work.ts';
import { type Approval, approvalsQuery, decide } from './queries.ts';
import { approvalsRoute } from './routes.ts';

const words = workWords.approvals;
const SCOPE = 'garrison.approvals.decide';

const TONES: Readonly<Record<Approval['state'], Tone>> = {
  waiting: 'warn',
  approved: 'good',
  denied: 'bad',
  expired: 'calm',
  withdrawn: 'calm',
};

interface Deciding {
  readonly approval: Approval;
  readonly isApproved: boolean;
}

/** Orders that wait for a person, and what became of earlier ones. */
export function ApprovalsScreen() {
  const { state } = useSearch({ from: approvalsRoute.id });
  const navigate = useNavigate({ from: approvalsRoute.fullPath });
  const query = useInfiniteQuery(approvalsQuery(state));
  const [deciding, setDeciding] = useState<Deciding>();
  const columns: readonly TableColumn<Approval>[] = [
    {
      name: 'state',
      title: words.columns.state,
      cell: (one) => <Status tone={TONES[one.state]}>{words.states[one.state]}</Status>,
    },
    { name: 'what', title: words.columns.what, isFlexible: true, cell: ({ what }) => <code title={what}>{what}</code> },
    {
      name: 'targets',
      title: words.columns.targets,
      isNumber: true,
      cell: ({ target_count: count, targets }) => <span title={targets.join('\n')}>{formatNumber(count)}</span>,
    },
    { name: 'by', title: words.columns.by, cell: ({ asked_by: by }) => by.name },
    { name: 'at', title: words.columns.at, cell: ({ asked_at: at }) => <Moment at={at} /> },
    { name: 'ends', title: words.columns.ends, cell: ({ expires_at: at }) => <Moment at={at} /> },
    { name: 'decided', title: words.columns.decided, cell: ({ decided_by: by }) => by?.name ?? '–' },
    {
      name: 'actions',
      title: common.parts.actions,
      isActions: true,
      cell: (approval) =>
        approval.state === 'waiting' && (
          <>
            <Action scope={SCOPE} look="small" act={() => setDeciding({ approval, isApproved: true })}>
              {words.approve}
            </Action>{' '}
            <Action scope={SCOPE} look="small" act={() => setDeciding({ approval, isApproved: false })}>
              {words.deny}
            </Action>
          </>
        ),
    },
  ];
  return (
    <Page title={words.title}>
      <Filter
        label={words.title}
        fields={[{ name: 'state', label: words.columns.state, value: state, options: Object.entries(words.states) }]}
        apply={(values) => void navigate({ search: { state: values.state as Approval['state'] | undefined } })} // of the options
      />
      <PagedTable
        label={words.title}
        query={query}
        rowsOf={({ items }) => items}
        columns={columns}
        keyOf={({ id }) => id}
        isOver={(one) => one.state !== 'waiting'}
        empty={<Empty title={words.none} hint={words.noneHint} />}
      />
      {deciding !== undefined && <Decide {...deciding} close={() => setDeciding(undefined)} />}
    </Page>
  );
}

function Decide({ approval, isApproved, close }: Deciding & { readonly close: () => void }) {
  const { id, what, target_count, targets, asked_by, needs_reason } = approval;
  return (
    <FormDialog
      title={isApproved ? words.approveTitle : words.denyTitle}
      submit={isApproved ? words.approve : words.deny}
      isDangerous={!isApproved}
      close={close}
      changes={['approvals']}
      act={(form) => decide(id, isApproved, textOf(form, 'reason'))}
    >
      <Facts
        facts={[
          [words.columns.what, <code key="what">{what}</code>],
          [words.columns.by, asked_by.name],
          [words.columns.targets, formatNumber(target_count)],
          [words.machines, targets.slice(0, 20).join(', ')],
        ]}
      />
      <Field label={words.reason} hint={needs_reason ? words.reasonNeeded : undefined}>
        {(ids) => <input {...ids} name="reason" maxLength={500} required={needs_reason} autoComplete="off" />}
      </Field>
    </FormDialog>
  );
}
