import { getDispatch } from '#core/dispatches/read-dispatches.ts';
import { callers, RATE } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { single, singleOf } from '../envelope.ts';
import { writeArtifact } from '../mapping.ts';
import { ArtifactList, ArtifactQuery, DispatchPath } from '../wire.ts';

export const artifactOperations = [
  defineOperation({
    method: 'GET',
    path: '/artifacts/{dispatchId}',
    operationId: 'listArtifacts',
    summary: 'List artifacts with presigned addresses',
    tags: ['Artifacts'],
    principals: callers,
    scope: 'status',
    rateClass: RATE,
    params: DispatchPath,
    query: ArtifactQuery,
    responses: { 200: { description: 'What it has left behind so far.', schema: singleOf(ArtifactList) } },
    errors: ['internal', 'unavailable', 'not_found'],
    async handler(ctx, deps, { params, query }) {
      const dispatch = await getDispatch(ctx, deps, params.dispatchId);
      const expiresAt = new Date(ctx.clock.millis() + query.expiresIn * 1_000);
      const found = await deps.artifacts.listOf(dispatch, expiresAt);
      const data = {
        dispatchId: dispatch.name,
        artifacts: found.map((one) => writeArtifact(one, expiresAt)),
        status: dispatch.status,
      };
      return { status: 200, body: single(data) };
    },
  }),
];
