import { codeFlow } from '#adapters/oidc/code-flow.ts';
import type { OidcIssuer } from '#adapters/oidc/oidc-issuer.ts';
import type { BrowserIssuer } from '#surfaces/console/deps.ts';
import type { SignIn } from './sign-in.ts';

/** Where people sign in with a browser: the issuers whose operator has named a client for it. */
export function browserIssuers(issuers: readonly OidcIssuer[], { person }: Pick<SignIn, 'person'>): BrowserIssuer[] {
  return issuers.flatMap((issuer) => {
    const { clientId } = issuer;
    if (clientId === undefined) return [];
    const flow = codeFlow({ ...issuer, clientId });
    return [
      {
        issuer: issuer.issuer,
        begin: (redirectUrl: string) => flow.begin(redirectUrl),
        finish: async (came, begun) => person(await flow.finish(came, begun)),
      } satisfies BrowserIssuer,
    ];
  });
}
