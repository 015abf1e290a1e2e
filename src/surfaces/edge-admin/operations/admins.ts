import { countNodes, readKnownControllers } from '#core/controllers/sharding-store.ts';
import { listAssignedClusters, readTopology } from '#core/controllers/sharding-topology.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { callers, READ } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { single, singleOf } from '../envelope.ts';
import {
  writeAdmin,
  writeAdminClusters,
  writeClusterNodes,
  writeEdgeClusters,
  writeMyAdminCluster,
} from '../mapping/admins.ts';
import { Admin, AdminClusters, EdgeClusters, MyAdminCluster, OrphanedClusters } from '../wire/admins.ts';

const tags = ['Admins.Metadata'];

/** An admin is a controller process. Everything here is computed from what is in the database when it is asked for. */
export const adminOperations = [
  defineOperation({
    method: 'GET',
    path: '/api/v1/admins/me',
    operationId: 'getAdmin',
    summary: 'Get the current admin',
    tags,
    principals: callers,
    scope: READ,
    responses: { 200: { description: 'The controller that answers', schema: singleOf(Admin) } },
    errors: ['unavailable'],
    async handler(ctx, { db, controllerId, settings }) {
      const { controllers, computedAt } = await readTopology(db, ctx.clock);
      const me = controllers.find((controller) => controller.id === controllerId);
      if (me === undefined) {
        throw new FleetError('unavailable', 'the lease of this controller has ended; it is being renewed');
      }
      return { status: 200, body: single(writeAdmin(me, settings.adminClusterName, computedAt)) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/admins/my_admin_cluster',
    operationId: 'getMyAdminCluster',
    summary: "Get this admin's admin cluster",
    tags,
    principals: callers,
    scope: READ,
    responses: { 200: { description: 'The controllers whose lease runs', schema: singleOf(MyAdminCluster) } },
    errors: [],
    async handler(ctx, { db, settings }) {
      const topology = await readTopology(db, ctx.clock);
      const ownNodes = await countNodes(db, ctx);
      return { status: 200, body: single(writeMyAdminCluster(topology, ownNodes, settings.adminClusterName)) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/admins/admin_clusters',
    operationId: 'listAdminClusters',
    summary: 'List all admin clusters',
    description: 'The controllers of this database form one; those that are gone stay listed with their status.',
    tags,
    principals: callers,
    scope: READ,
    responses: { 200: { description: 'Every controller on record', schema: singleOf(AdminClusters) } },
    errors: ['unavailable'],
    async handler(ctx, { db, settings }) {
      const controllers = await readKnownControllers(db);
      return { status: 200, body: single(writeAdminClusters(controllers, settings.adminClusterName, ctx.clock.now())) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/admins/edge_clusters',
    operationId: 'listEdgeClusters',
    summary: 'Get all edge cluster assignments',
    tags,
    principals: callers,
    scope: READ,
    responses: {
      200: { description: 'Clusters by the admin that answers for them', schema: singleOf(EdgeClusters) },
    },
    errors: [],
    async handler(ctx, { db }) {
      const { topology, clusters } = await listAssignedClusters(ctx, db);
      return { status: 200, body: single(writeEdgeClusters(topology, clusters)) };
    },
  }),

  defineOperation({
    method: 'GET',
    path: '/api/v1/admins/orphaned_clusters',
    operationId: 'listOrphanedClusters',
    summary: 'Get all orphaned clusters',
    description: 'Those no admin has room for.',
    tags,
    principals: callers,
    scope: READ,
    responses: { 200: { description: 'Clusters without an admin', schema: singleOf(OrphanedClusters) } },
    errors: [],
    async handler(ctx, { db }) {
      const { clusters } = await listAssignedClusters(ctx, db);
      const orphaned = clusters.filter((cluster) => cluster.controllerId === null);
      return { status: 200, body: single(writeClusterNodes(orphaned)) };
    },
  }),
];
