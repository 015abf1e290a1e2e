import { type Sql, sql } from '../kernel/sql.ts';
import { flag, instant, type List, text, uuid } from '../lists/fields.ts';

const CLUSTER = 'cluster';
const USERNAME = 'username';

function clusterOfNode(nodeId: Sql): Sql {
  return sql`join nodes on nodes.id = ${nodeId} join clusters on clusters.id = nodes.cluster_id`;
}

/** What SSH usernames can be filtered and ordered by (seed 001). */
export const sshUsernameList: List = {
  from: sql`ssh_usernames`,
  id: sql`ssh_usernames.id`,
  joins: { [CLUSTER]: clusterOfNode(sql`ssh_usernames.node_id`) },
  fields: {
    username: text(sql`ssh_usernames.username`, { isSortable: true }),
    node_id: uuid(sql`ssh_usernames.node_id`),
    has_password: flag(sql`ssh_usernames.password_hash is not null`),
    cluster_name: text(sql`clusters.name`, { join: CLUSTER }),
    inserted_at: instant(sql`ssh_usernames.inserted_at`, { isSortable: true }),
    updated_at: instant(sql`ssh_usernames.updated_at`, { isSortable: true }),
  },
};

/** What SSH public keys can be filtered and ordered by (seed 001). */
export const sshPublicKeyList: List = {
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
    key_name: text(sql`ssh_public_keys.name`, { isSortable: true }),
    public_key: text(sql`ssh_public_keys.public_key`),
    ssh_username_id: uuid(sql`ssh_public_keys.ssh_username_id`),
    node_id: uuid(sql`ssh_usernames.node_id`, { join: USERNAME }),
    username: text(sql`ssh_usernames.username`, { join: USERNAME }),
    cluster_name: text(sql`places.cluster_name`, { join: CLUSTER }),
    inserted_at: instant(sql`ssh_public_keys.inserted_at`, { isSortable: true }),
    updated_at: instant(sql`ssh_public_keys.updated_at`, { isSortable: true }),
  },
};
