import { type Sql, sql } from '../kernel/sql.ts';
import { defineList, flag, instant, text, uuid } from '../lists/fields.ts';

const CLUSTER = 'cluster';
const USERNAME = 'username';

function clusterOfNode(nodeId: Sql): Sql {
  return sql`join nodes on nodes.id = ${nodeId} join clusters on clusters.id = nodes.cluster_id`;
}

/** What SSH usernames can be filtered and ordered by. */
export const sshUsernameList = defineList({
  from: sql`ssh_usernames`,
  id: sql`ssh_usernames.id`,
  joins: { [CLUSTER]: clusterOfNode(sql`ssh_usernames.node_id`) },
  fields: {
    username: text(sql`ssh_usernames.username`, { isSortable: true }),
    nodeId: uuid(sql`ssh_usernames.node_id`),
    hasPassword: flag(sql`ssh_usernames.password_hash is not null`),
    clusterName: text(sql`clusters.name`, { join: CLUSTER }),
    createdAt: instant(sql`ssh_usernames.inserted_at`, { isSortable: true }),
    updatedAt: instant(sql`ssh_usernames.updated_at`, { isSortable: true }),
  },
});

/** What SSH public keys can be filtered and ordered by. */
export const sshPublicKeyList = defineList({
  from: sql`ssh_public_keys`,
  id: sql`ssh_public_keys.id`,
  joins: {
    [USERNAME]: sql`join ssh_usernames on ssh_usernames.id = ssh_public_keys.ssh_username_id`,
    [CLUSTER]: sql`join (
      select ssh_usernames.id, clusters.name as cluster_name
      from ssh_usernames ${clusterOfNode(sql`ssh_usernames.node_id`)}
    ) as places on places.id = ssh_public_keys.ssh_username_id`,
  },
  fields: {
    name: text(sql`ssh_public_keys.name`, { isSortable: true }),
    publicKey: text(sql`ssh_public_keys.public_key`),
    sshUsernameId: uuid(sql`ssh_public_keys.ssh_username_id`),
    nodeId: uuid(sql`ssh_usernames.node_id`, { join: USERNAME }),
    username: text(sql`ssh_usernames.username`, { join: USERNAME }),
    clusterName: text(sql`places.cluster_name`, { join: CLUSTER }),
    createdAt: instant(sql`ssh_public_keys.inserted_at`, { isSortable: true }),
    updatedAt: instant(sql`ssh_public_keys.updated_at`, { isSortable: true }),
  },
});
