import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { type Answer, call } from '../../api/call.ts';
import { byCursor } from '../../api/pages.ts';

export type TerminalSession = Answer<'GET /v1/terminal-sessions/{session_id}'>;

const PAGE = 50;
const READ_AGAIN_MS = 5_000;

export const terminalsQuery = (openOnly: boolean) =>
  infiniteQueryOptions({
    queryKey: ['terminals', 'list', openOnly],
    queryFn: ({ pageParam, signal }) =>
      call('GET /v1/terminal-sessions', {
        query: { open: openOnly, limit: PAGE, ...(pageParam !== null && { cursor: pageParam }) },
        signal,
      }),
    ...byCursor,
    refetchInterval: READ_AGAIN_MS,
  });

export const terminalQuery = (id: string) =>
  queryOptions({
    queryKey: ['terminals', 'one', id],
    queryFn: ({ signal }) => call('GET /v1/terminal-sessions/{session_id}', { path: { session_id: id }, signal }),
    refetchInterval: READ_AGAIN_MS,
  });

export function endTerminal(id: string): Promise<unknown> {
  return call('DELETE /v1/terminal-sessions/{session_id}', { path: { session_id: id } });
}

/** Name and id, whatever the address says. */
export const machineQuery = (id: string) =>
  queryOptions({
    queryKey: ['node', id],
    queryFn: ({ signal }) => call('GET /v1/edge/hosts/{id}', { path: { id }, signal }),
  });
