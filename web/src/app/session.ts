import { queryOptions } from '@tanstack/react-query';
import { request } from '../api/call.ts';
import { Problem } from '../api/problem.ts';

export interface Issuer {
  readonly issuer: string;
  readonly name: string;
}

export interface SignInWays {
  readonly oidc: readonly Issuer[];
}

/** Why this browser was not let in when it came back from an issuer. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly requestId: string;
}

export interface SignedOut {
  readonly signIn: SignInWays;
  readonly refused?: Refusal | null;
}

export interface Session {
  readonly principal: { readonly name: string | null; readonly kind: string };
  readonly tenant: string | null;
  readonly scopes: readonly string[];
  readonly installation: { readonly id: string; readonly name: string; readonly version: string };
  readonly expiresAt: string;
  readonly signIn: SignInWays;
}

export const SESSION = ['session'] as const;

const ADDRESS = '/console/api/session';

/** Who is signed in; undefined `session` when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: SESSION,
  queryFn: async ({ signal }): Promise<SignedOut & { readonly session?: Session }> => {
    const response = await fetch(ADDRESS, { signal, credentials: 'same-origin' });
    const body = (await response.json()) as Session & SignedOut; // written by the controller that serves this page
    if (response.status === 401) return { signIn: body.signIn ?? { oidc: [] }, refused: body.refused ?? null };
    if (!response.ok)
      throw new Problem(response.statusText, { status: response.status, code: `http_${response.status}` });
    return { session: body, signIn: body.signIn };
  },
  staleTime: 60_000,
});

export async function signInWithKey(key: string): Promise<void> {
  await request(`POST ${ADDRESS}`, { body: { key } });
}

export async function signInWithLink(link: string): Promise<void> {
  await request(`POST ${ADDRESS}`, { body: { link } });
}

export async function signOut(): Promise<void> {
  await request(`DELETE ${ADDRESS}`);
}

/** Where the browser goes to sign in with an issuer. */
export function issuerAddress(issuer: string): string {
  return `/console/api/oidc/start?issuer=${encodeURIComponent(issuer)}`;
}

/** A key that may do everything has `*`. */
export function mayUse({ scopes }: Session, scope: string): boolean {
  return scopes.includes('*') || scopes.includes(scope) || scopes.includes(otherName(scope));
}

/** Scopes of the edge fleet have two names, and who has one has the other. */
function otherName(scope: string): string {
  return scope.startsWith('aegis.edge.')
    ? scope.replace('aegis.edge.', 'garrison.')
    : scope.replace('garrison.', 'aegis.edge.');
}
