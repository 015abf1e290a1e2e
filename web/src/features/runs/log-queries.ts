import { queryOptions } from '@tanstack/react-query';
import { addressOf, call } from '../../api/call.ts';
import type { LogRange } from './log-pages.ts';

export const logIndexQuery = (execution: string) =>
  queryOptions({
    queryKey: ['execution', execution, 'index'],
    queryFn: ({ signal }) => call('GET /v1/executions/{id}/log/index', { path: { id: execution }, signal }),
  });

export function readLog(execution: string, offset: number, limit: number): Promise<LogRange> {
  return call('GET /v1/executions/{id}/log', { path: { id: execution }, query: { offset, limit } });
}

export const logSearchQuery = (execution: string, text: string | undefined) =>
  queryOptions({
    queryKey: ['execution', execution, 'search', text],
    enabled: text !== undefined,
    queryFn: ({ signal }) =>
      call('GET /v1/executions/{id}/log/search', { path: { id: execution }, query: { q: text ?? '' }, signal }),
  });

export function downloadAddress(execution: string): string {
  return addressOf('/v1/executions/{id}/log/raw', { id: execution });
}
