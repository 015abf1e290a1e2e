import { A, HOSTS, hosts, one, runCases } from '#test/support/cli-cases.ts';

runCases([
  {
    line: 'aliases create web-1 frontdoor',
    routes: {
      'GET /v1/edge/hosts': hosts,
      [`POST /api/v1/nodes/${A}/aliases`]: one({ vpn_hostname: 'node-frontdoor.x' }, 201),
    },
    asks: [HOSTS, `POST /api/v1/nodes/${A}/aliases {"name":"frontdoor"}`],
    prints: 'node-frontdoor.x is web-1 now\n',
  },
]);
