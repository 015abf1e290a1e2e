import { queryOptions } from '@tanstack/react-query';
import { addressOf, request } from '../../api/call.ts';
import type { LogIndex, LogRange } from './log-pages.ts';

export const logIndexQuery = (execution: string) =>
  queryOptions({
    queryKey: ['execution', execution, 'index'],
    queryFn: async ({ signal }) =>
      (await request('GET /v1/executions/{id}/log/index', { path: { id: execution }, signal })) as LogIndex, // the controller of this console
  });

export async function readLog(execution: string, offset: number, limit: number): Promise<LogRange> {
  return (await request('GET /v1/executions/{id}/log', {
    path: { id: execution },
    query: { offset, limit },
  })) as LogRange; // as above
}

export interface FoundLines {
  readonly items: readonly { readonly line: number; readonly text: string }[];
  /** All that were found; the first of them are listed. */
  readonly total: number;
}

export const logSearchQuery = (execution: string, text: string | undefined) =>
  queryOptions({
    queryKey: ['execution', execution, 'search', text],
    enabled: text !== undefined,
    queryFn: async ({ signal }) =>
      (await request('GET /v1/executions/{id}/log/search', {
        path: { id: execution },
        query: { q: text },
        signal,
      })) as FoundLines, // as above
  });

export function downloadAddress(execution: string): string {
  return addressOf('/v1/executions/{id}/log/raw', { id: execution });
}
