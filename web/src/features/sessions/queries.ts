import { queryOptions } from '@tanstack/react-query';
import { request } from '../../api/call.ts';

export interface ListedSession {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly address: string | null;
  readonly browser: string | null;
  readonly created_at: string;
  readonly used_at: string;
  readonly ends_at: string;
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

const BROWSERS = /(Edg|OPR|Firefox|HeadlessChrome|Chrome|Safari)\/(\d+)/;
const NAMES: Readonly<Record<string, string>> = { Edg: 'Edge', OPR: 'Opera', HeadlessChrome: 'Chrome' };
const SYSTEMS = /Windows|Android|iPhone|iPad|Mac OS X|Linux/;

/** What people call it, of what it says of itself. */
export function browserName(said: string | null): string {
  const [, name = '', version = ''] = BROWSERS.exec(said ?? '') ?? [];
  const system = SYSTEMS.exec(said ?? '')?.[0];
  return [`${NAMES[name] ?? name} ${version}`.trim(), system].filter(Boolean).join(', ') || '–';
}
