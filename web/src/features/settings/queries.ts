import { queryOptions } from '@tanstack/react-query';
import { type Answer, call } from '../../api/call.ts';

export type SettingInForce = Answer<'GET /v1/settings'>['items'][number];

export const settingsQuery = queryOptions({
  queryKey: ['settings', 'list'],
  queryFn: ({ signal }) => call('GET /v1/settings', { signal }),
  staleTime: 60_000,
});
