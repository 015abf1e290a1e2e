import { createCluster } from '#core/clusters/create-cluster.ts';
import { getCluster, listClusters } from '#core/clusters/get-cluster.ts';
import { deleteCluster, updateCluster } from '#core/clusters/update-cluster.ts';
import { callers, READ, WRITE } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { paged, pageOfItems, single, singleOf } from '../envelope.ts';
import * as lists from '../lists/grammars.ts';
import { listQuery } from '../lists/list-query.ts';
import { readListRequest } from '../lists/read-list-request.ts';
import { writeCluster } from '../mapping/clusters.ts';
import { Cluster, ClusterCreate, ClusterUpdate } from '../wire/clusters.ts';
import { ClusterPath } from '../wire/paths.ts';

const tags = ['Nodes.Cluster'];

export const clusterOperations = [
  defineOperation({
    method: 'POST',
    path: '/api/v1/clusters',
    operationId: 'createCluster',
    summary: 'Create a new cluster',
    description: 'The name `default` is reserved. Not available in degraded mode.',
    tags,
    principals: callers,
    scope: WRITE,
    auditAction: 'cluster.create',
    isIdempotent: true,
    body: ClusterCreate,
    responses: { 201: { description: 'Cluster created', schema: singleOf(Cluster) } },
    errors: ['conflict', 'invalid', 'degraded', 'unavailable'],
    async handler(ctx, deps, { body }) {
      const { name, ipv4_range: ipv4Range = null, node_limit: nodeLimit = null } = body;
      const cluster = await createCluster(ctx, deps, { name, ipv4Range, nodeLimit });
      return {
        status: 201,
        headers: { location: `/api/v1/clusters/${cluster.name}` },
        body: single(writeCluster({ ...cluster, nodes: [] })),
        audit: { object: cluster.name },
      };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/clusters',
    operationId: 'listClusters',
    summary: 'List all clusters',
    tags,
    principals: callers,
    scope: READ,
    query: listQuery(lists.clusters),
    responses: { 200: { description: 'A page of clusters', schema: pageOfItems(Cluster) } },
    errors: [],
    async handler(ctx, deps, { query }) {
      const request = readListRequest(lists.clusters, query);
      return { status: 200, body: paged(await listClusters(ctx, deps, request), writeCluster) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/clusters/{name}',
    operationId: 'getCluster',
    summary: 'Get a specific cluster',
    tags,
    principals: callers,
    scope: READ,
    params: ClusterPath,
    responses: { 200: { description: 'The cluster', schema: singleOf(Cluster) } },
    errors: ['not_found'],
    async handler(ctx, deps, { params }) {
      return { status: 200, body: single(writeCluster(await getCluster(ctx, deps, params.name))) };
    },
  }),

  defineOperation({
    method: 'PATCH',
    path: '/api/v1/clusters/{name}',
    operationId: 'updateCluster',
    summary: 'Update a cluster',
    description: 'What is left out stays; null takes the limit away. Not available in degraded mode.',
    tags,
    principals: callers,
    scope: WRITE,
    auditAction: 'cluster.update',
    params: ClusterPath,
    body: ClusterUpdate,
    responses: { 200: { description: 'The cluster as it is now', schema: singleOf(Cluster) } },
    errors: ['not_found', 'invalid', 'degraded', 'unavailable'],
    async handler(ctx, deps, { params, body }) {
      await updateCluster(ctx, deps, { name: params.name, nodeLimit: body.node_limit });
      return { status: 200, body: single(writeCluster(await getCluster(ctx, deps, params.name))) };
    },
  }),

  defineOperation({
    method: 'DELETE',
    path: '/api/v1/clusters/{name}',
    operationId: 'deleteCluster',
    summary: 'Delete a cluster',
    description: 'Only an empty one; its enrolment keys go with it. Not available in degraded mode.',
    tags,
    principals: callers,
    scope: WRITE,
    auditAction: 'cluster.delete',
    params: ClusterPath,
    responses: { 204: { description: 'Cluster deleted' } },
    errors: ['not_found', 'conflict', 'degraded', 'unavailable'],
    async handler(ctx, deps, { params }) {
      await deleteCluster(ctx, deps, params.name);
      return { status: 204 };
    },
  }),
];
