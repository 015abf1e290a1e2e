import { type Profile, readProfile, writeProfile } from '../profile.ts';
import type { SignedIn } from './oidc-client.ts';

/** A token that ends within this time is renewed first: a request with it is still on its way when it ends. */
const RENEW_BEFORE_MS = 60_000;

/**
 * The profile with an access token that is still good for a minute. Where its token ends and it has a refresh token, the issuer
 * is asked for the next one and the profile is written. Two commands at once: an issuer that changes refresh tokens
 * refuses the later one, which then finds what the other has written.
 */
export async function freshProfile(file: string, profile: Profile, now: Date): Promise<Profile> {
  if (!endsSoon(profile, now)) return profile;
  const { refreshToken, issuer, clientId } = profile;
  if (refreshToken === undefined || issuer === undefined || clientId === undefined) return profile;
  const { refreshSignIn } = await import('./oidc-client.ts');
  const of = { issuer, client_id: clientId, scope: '', resource: profile.signInResource ?? null };
  try {
    const next = withSignIn(profile, await refreshSignIn(of, refreshToken));
    await writeProfile(file, next);
    return next;
  } catch (error) {
    const latest = await readProfile(file);
    if (latest !== undefined && latest.edgeToken !== profile.edgeToken && !endsSoon(latest, now)) return latest;
    throw error;
  }
}

function endsSoon({ edgeTokenExpiresAt }: Profile, now: Date): boolean {
  return edgeTokenExpiresAt !== undefined && Date.parse(edgeTokenExpiresAt) - now.getTime() < RENEW_BEFORE_MS;
}

/** An issuer that gives no new refresh token means the old one to be kept (RFC 6749 §6). */
export function withSignIn(profile: Profile, { accessToken, refreshToken, expiresAt }: SignedIn): Profile {
  return {
    ...profile,
    edgeToken: accessToken,
    edgeTokenExpiresAt: expiresAt?.toISOString(),
    refreshToken: refreshToken ?? profile.refreshToken,
  };
}

/** The profile without anything of the sign-in. */
export function withoutSignIn({
  edgeToken: _token,
  edgeTokenExpiresAt: _end,
  refreshToken: _refresh,
  issuer: _issuer,
  clientId: _client,
  signInResource: _resource,
  ...rest
}: Profile): Profile {
  return rest;
}
