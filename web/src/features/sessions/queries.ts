import { queryOptions } from '@tanstack/react-query';
import { request } from '../../api/call.ts';

export interface ListedSession {
  readonly id: string;
  readonly name: string;
  readonly created_at: string;
  readonly last_used_at: string;
  readonly expires_at: string;
  readonly is_own: boolean;
}

export const sessionsQuery = queryOptions({
  queryKey: ['sessions', 'list'],
  queryFn: async ({ signal }) =>
    (await request('GET /console/api/sessions', { signal })) as { readonly items: readonly ListedSession[] }, // the controller of this console
  refetchInterval: 10_000,
});

export async function endSession(id: string): Promise<void> {
  await request('DELETE /console/api/sessions/{id}', { path: { id } });
}
