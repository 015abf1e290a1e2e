import type { Static } from 'typebox';
import { createEnrollmentKey } from '#core/enrolment/create-enrollment-key.ts';
import type { EnrollmentKeyId } from '#core/enrolment/enrollment-key.ts';
import { pageKeys } from '#core/enrolment/page-keys.ts';
import { deleteEnrollmentKey, getEnrollmentKey, updateEnrollmentKey } from '#core/enrolment/update-enrollment-key.ts';
import type { Context } from '#core/kernel/context.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { BodyAnswer, RateClass } from '#surfaces/http/operation.ts';
import { callers, WRITE } from '../auth.ts';
import { defineOperation, type EdgeAdminDeps } from '../deps.ts';
import { paged, pageOfItems, single, singleOf } from '../envelope.ts';
import * as lists from '../lists/grammars.ts';
import { listQuery } from '../lists/list-query.ts';
import { readListRequest } from '../lists/read-list-request.ts';
import { writeKey } from '../mapping/enrollment-keys.ts';
import { readId } from '../mapping/ids.ts';
import { readDate } from '../mapping/instants.ts';
import { EnrollmentKey, EnrollmentKeyCreate, EnrollmentKeyUpdate } from '../wire/enrollment-keys.ts';
import { IdPath, KeyClusterPath } from '../wire/paths.ts';

const tags = ['Nodes.EnrollmentKey'];
const created = { 201: { description: 'Enrolment key created', schema: singleOf(EnrollmentKey) } };

/** Every call makes a key that is good for one host: few of them for one address. */
const PUBLIC_KEYS: RateClass = { name: 'public-enrollment-keys', burst: 10, perMinute: 10, by: 'address' };

type KeyFields = Static<typeof EnrollmentKeyCreate>;

export const enrollmentKeyOperations = [
  defineOperation({
    method: 'POST',
    path: '/api/v1/clusters/default/enrollment_keys/public',
    operationId: 'createPublicEnrollmentKey',
    summary: 'Get a public enrolment key for the default cluster',
    description:
      'Without authentication, when PUBLIC_ENROLLMENT_KEY_ENABLED and DEFAULT_CLUSTER_NAME are set. Every call makes a key for one use. Not available in degraded mode.',
    tags,
    principals: ['public'],
    rateClass: PUBLIC_KEYS,
    auditAction: 'enrollment_key.create_public',
    responses: created,
    errors: ['forbidden', 'not_found', 'conflict', 'degraded', 'unavailable'],
    async handler(ctx, deps) {
      const { isPublicKeyEnabled, defaultClusterName } = deps.settings;
      if (!isPublicKeyEnabled || defaultClusterName === undefined) {
        throw new FleetError('forbidden', 'public enrolment is not enabled here');
      }
      return create(ctx, deps, defaultClusterName, {});
    },
  }),

  defineOperation({
    method: 'POST',
    path: '/api/v1/clusters/default/enrollment_keys',
    operationId: 'createDefaultEnrollmentKey',
    summary: 'Create an enrolment key for the default cluster',
    description: 'The cluster of DEFAULT_CLUSTER_NAME. Not available in degraded mode.',
    tags,
    principals: callers,
    scope: WRITE,
    auditAction: 'enrollment_key.create',
    isIdempotent: true,
    body: EnrollmentKeyCreate,
    responses: created,
    errors: ['forbidden', 'not_found', 'conflict', 'invalid', 'degraded', 'unavailable'],
    async handler(ctx, deps, { body }) {
      const { defaultClusterName } = deps.settings;
      if (defaultClusterName === undefined) {
        throw new FleetError('forbidden', 'no default cluster is configured: set DEFAULT_CLUSTER_NAME');
      }
      return create(ctx, deps, defaultClusterName, body);
    },
  }),

  defineOperation({
    method: 'POST',
    path: '/api/v1/clusters/{cluster_name}/enrollment_keys',
    operationId: 'createEnrollmentKey',
    summary: 'Create an enrolment key for a cluster',
    description:
      'The `key` of the answer is what a host takes as ENROLLMENT_KEY. One use and no end, unless said otherwise. Not available in degraded mode.',
    tags,
    principals: callers,
    scope: WRITE,
    auditAction: 'enrollment_key.create',
    isIdempotent: true,
    params: KeyClusterPath,
    body: EnrollmentKeyCreate,
    responses: created,
    errors: ['not_found', 'conflict', 'invalid', 'degraded', 'unavailable'],
    handler: (ctx, deps, { params, body }) => create(ctx, deps, params.cluster_name, body),
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/enrollment_keys',
    operationId: 'listEnrollmentKeys',
    summary: 'List enrolment keys',
    tags,
    principals: callers,
    scope: WRITE,
    query: listQuery(lists.enrollmentKeys),
    responses: { 200: { description: 'A page of enrolment keys', schema: pageOfItems(EnrollmentKey) } },
    errors: [],
    async handler(ctx, deps, { query }) {
      const request = readListRequest(lists.enrollmentKeys, query);
      return { status: 200, body: paged(await pageKeys(ctx, deps, request), writeKey) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/enrollment_keys/{id}',
    operationId: 'getEnrollmentKey',
    summary: 'Get an enrolment key',
    tags,
    principals: callers,
    scope: WRITE,
    params: IdPath,
    responses: { 200: { description: 'The enrolment key', schema: singleOf(EnrollmentKey) } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      return { status: 200, body: single(writeKey(await getEnrollmentKey(ctx, deps, readKeyId(params.id)))) };
    },
  }),

  defineOperation({
    method: 'PATCH',
    path: '/api/v1/enrollment_keys/{id}',
    operationId: 'updateEnrollmentKey',
    summary: 'Update an enrolment key',
    description: 'What is left out stays; null clears. Not available in degraded mode.',
    tags,
    principals: callers,
    scope: WRITE,
    auditAction: 'enrollment_key.update',
    params: IdPath,
    body: EnrollmentKeyUpdate,
    responses: { 200: { description: 'The key as it is now', schema: singleOf(EnrollmentKey) } },
    errors: ['not_found', 'invalid', 'degraded', 'unavailable'],
    async handler(ctx, deps, { params, body }) {
      const { name, tags: joinTags, uses_remaining: usesRemaining, expired_at: expiresAt } = body;
      const key = await updateEnrollmentKey(ctx, deps, {
        id: readKeyId(params.id),
        name,
        tags: joinTags,
        usesRemaining,
        expiresAt: typeof expiresAt === 'string' ? readDate(expiresAt, 'expired_at') : expiresAt,
      });
      return { status: 200, body: single(writeKey(key)) };
    },
  }),

  defineOperation({
    method: 'DELETE',
    path: '/api/v1/enrollment_keys/{id}',
    operationId: 'deleteEnrollmentKey',
    summary: 'Delete an enrolment key',
    description: 'Nodes that joined with it stay. Not available in degraded mode.',
    tags,
    principals: callers,
    scope: WRITE,
    auditAction: 'enrollment_key.delete',
    params: IdPath,
    responses: { 204: { description: 'Enrolment key deleted' } },
    errors: ['not_found', 'degraded', 'unavailable'],
    async handler(ctx, deps, { params }) {
      await deleteEnrollmentKey(ctx, deps, readKeyId(params.id));
      return { status: 204 };
    },
  }),
];

/** Left out means one use; null means no limit. */
async function create(ctx: Context, deps: EdgeAdminDeps, clusterName: string, fields: KeyFields): Promise<BodyAnswer> {
  const { name = null, tags: joinTags, uses_remaining: usesRemaining = 1, expired_at: expiresAt = null } = fields;
  const key = await createEnrollmentKey(ctx, deps, {
    clusterName,
    name,
    tags: joinTags,
    usesRemaining,
    expiresAt: expiresAt === null ? null : readDate(expiresAt, 'expired_at'),
  });
  return {
    status: 201,
    headers: { location: `/api/v1/enrollment_keys/${key.id}` },
    body: single(writeKey(key)),
    audit: { object: key.id, facts: { cluster: clusterName } },
  };
}

function readKeyId(text: string): EnrollmentKeyId {
  return readId<EnrollmentKeyId>(text, 'enrollment key');
}
