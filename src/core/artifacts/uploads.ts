/**
 * Files that somebody sends to have them copied to nodes. They are known by their SHA-256, so that the same file is sent
 * once, and each is found by whoever sent it and by nobody else: a checksum is no credential.
 *
 * The owner of an upload is a digest of caller, checksum and fortnight. An upload is kept to the end of the next fortnight,
 * so that what is found now stays for two weeks at least, and no owner is ever filled again while its bytes are being removed.
 */
import { createHash } from 'node:crypto';
import type { Context } from '../kernel/context.ts';
import type { Artifact, ArtifactOwner } from './artifact.ts';
import { type ArtifactDeps, keepArtifact } from './keep-artifact.ts';
import { listArtifacts } from './read-artifacts.ts';

const PERIOD_MS = 14 * 24 * 3_600_000;
const NAME = 'content';

/** Undefined when the caller has not sent it, or too long ago. */
export async function findUpload(
  ctx: Context,
  deps: Pick<ArtifactDeps, 'db' | 'clock'>,
  sha256: string,
): Promise<Artifact | undefined> {
  const [found] = await listArtifacts(deps, ownerOf(ctx, sha256));
  return found;
}

/** @throws FleetError `invalid` when it has another checksum; `too_large`; `unavailable` when there is no room */
export function keepUpload(
  ctx: Context,
  deps: ArtifactDeps,
  { sha256, content }: { readonly sha256: string; readonly content: AsyncIterable<Uint8Array> },
): Promise<Artifact> {
  const keepForMs = (periodOf(ctx) + 2) * PERIOD_MS - ctx.clock.millis();
  return keepArtifact(
    { ...deps, limits: { ...deps.limits, keepForMs } },
    {
      owner: ownerOf(ctx, sha256),
      name: NAME,
      mediaType: 'application/octet-stream',
      content,
      checksum: () => sha256,
      signal: ctx.signal,
    },
  );
}

function ownerOf(ctx: Context, sha256: string): ArtifactOwner {
  const about = [ctx.principal.subject, sha256, periodOf(ctx)].join('\0');
  return { tenantId: ctx.tenantId, kind: 'upload', id: createHash('sha256').update(about).digest('hex') };
}

function periodOf({ clock }: Context): number {
  return Math.floor(clock.millis() / PERIOD_MS);
}
