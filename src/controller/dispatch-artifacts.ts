import type { ArtifactTickets } from '#core/artifacts/artifact-tickets.ts';
import type { ArtifactDeps } from '#core/artifacts/keep-artifact.ts';
import { listArtifacts } from '#core/artifacts/read-artifacts.ts';
import type { DispatchArtifacts } from '#core/dispatches/dispatch-artifacts.ts';

/** The artifacts of the execution a dispatch was placed in, with tickets that open them over HTTP. */
export function dispatchArtifacts(
  deps: ArtifactDeps & { readonly tickets: ArtifactTickets; readonly publicUrl: () => string },
): DispatchArtifacts & typeof deps {
  return {
    ...deps,
    async listOf({ tenantId, executionId }, expiresAt) {
      if (executionId === null) return [];
      const found = await listArtifacts(deps, { tenantId, kind: 'execution', id: executionId });
      return found.map(({ id, name, mediaType, sizeBytes, sha256 }) => {
        const ticket = deps.tickets.issue({ tenantId, artifactId: id, nodeId: 'anybody', expiresAt });
        const url = `${deps.publicUrl()}/artifacts/${ticket}/${encodeURIComponent(name)}`;
        return { name, mediaType, sizeBytes, sha256, url };
      });
    },
  };
}
