import { Type } from 'typebox';
import { clusterName, uuid } from './shapes.ts';

export const IdPath = Type.Object({ id: uuid('Its id') });

export const NodePath = Type.Object({ node_id: uuid('Id of the node') });

export const ClusterPath = Type.Object({ name: clusterName('Name of the cluster') });

export const KeyClusterPath = Type.Object({ cluster_name: clusterName('Name of the cluster') });

export const UsernamePath = Type.Object({ ssh_username_id: uuid('Id of the SSH username') });
