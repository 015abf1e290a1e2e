import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { Action } from '../../parts/action.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Page } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Failure, Loaded } from '../../parts/states.tsx';
import { formatList, formatNumber } from '../../words/format.ts';
import { workWords } from '../../words/work.ts';
import { Deliveries } from './deliveries.tsx';
import { webhookQuery } from './queries.ts';
import { webhookRoute } from './routes.ts';
import { WebhookDialog, type WebhookDialogName } from './webhook-dialogs.tsx';
import { WebhookState } from './webhook-state.tsx';

const words = workWords.webhooks;

export function WebhookScreen() {
  const { webhook: id } = useParams({ from: webhookRoute.id });
  const query = useQuery(webhookQuery(id));
  const queries = useQueryClient();
  const [open, setOpen] = useState<WebhookDialogName>();
  const act = useMutation({
    mutationFn: (what: 'test' | 'resume'): Promise<unknown> =>
      what === 'test'
        ? call('POST /api/v1/webhooks/{id}/test', { path: { id } })
        : call('POST /api/v1/webhooks/{id}/resume', { path: { id } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['webhooks'] }),
  });
  const isPaused = query.data?.data.paused_at != null;
  return (
    <Page
      title={query.data === undefined ? words.title : new URL(query.data.data.url).host}
      beside={query.data && <WebhookState {...query.data.data} />}
      actions={
        <>
          <Action scope="edge-admin.write" act={() => act.mutate('test')}>
            {words.test}
          </Action>
          <Action scope="edge-admin.write" act={() => setOpen('replay')}>
            {words.replaySpan}
          </Action>
          {isPaused ? (
            <Action scope="edge-admin.write" act={() => act.mutate('resume')}>
              {words.resume}
            </Action>
          ) : (
            <Action scope="edge-admin.write" act={() => setOpen('pause')}>
              {words.pause}
            </Action>
          )}
          <Action scope="edge-admin.write" act={() => setOpen('rotate')}>
            {words.rotate}
          </Action>
          <Action scope="edge-admin.write" look="danger" act={() => setOpen('remove')}>
            {words.remove}
          </Action>
        </>
      }
    >
      {act.error !== null && <Failure error={act.error} />}
      <p role="status" className={act.isSuccess && act.variables === 'test' ? undefined : 'hidden-but-read'}>
        {act.isSuccess && act.variables === 'test' ? words.tested : ''}
      </p>
      <Loaded query={query}>
        {({ data }) => (
          <>
            <p>
              <code>{data.url}</code>
            </p>
            <p>{words.told(formatList(data.subscribed_events))}</p>
            <Facts
              facts={[
                [words.waiting, formatNumber(data.waiting_events)],
                [words.columns.failures, formatNumber(data.failures)],
                [words.failingSince, data.failing_since && <Moment key="since" at={data.failing_since} />],
                [words.paused, data.paused_at && <Moment key="paused" at={data.paused_at} />],
                [words.pausedWhy, data.pause_reason],
                [words.made, <Moment key="made" at={data.inserted_at} />],
              ]}
            />
          </>
        )}
      </Loaded>
      <Panel title={words.deliveries}>
        <Deliveries webhook={id} />
      </Panel>
      {open !== undefined && <WebhookDialog name={open} id={id} close={() => setOpen(undefined)} />}
    </Page>
  );
}
