import { cluster, one, runCases } from '#test/support/cli-cases.ts';

runCases([
  {
    line: 'clusters create staging --range 100.64.0.0/24 --limit 5',
    routes: { 'POST /api/v1/clusters': one(cluster, 201) },
    asks: ['POST /api/v1/clusters {"name":"staging","ipv4_range":"100.64.0.0/24","node_limit":5}'],
    prints: 'created staging (100.64.0.0/24)\n',
  },
  {
    line: 'clusters update staging --limit none',
    routes: { 'PATCH /api/v1/clusters/staging': one(cluster) },
    asks: ['PATCH /api/v1/clusters/staging {"node_limit":null}'],
    prints: 'staging takes any number of nodes now\n',
  },
  {
    line: 'clusters rm staging',
    routes: { 'DELETE /api/v1/clusters/staging': {} },
    asks: ['DELETE /api/v1/clusters/staging'],
    prints: 'removed staging\n',
  },
]);
