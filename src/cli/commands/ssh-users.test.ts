import { A, HOSTS, hosts, page, runCases } from '#test/support/cli-cases.ts';

const user = { id: 'u-1', username: 'deploy', has_password: false, public_keys: [], node_id: A };

runCases([
  {
    line: 'ssh-users rm web-1 deploy',
    routes: {
      'GET /v1/edge/hosts': hosts,
      'GET /api/v1/ssh_usernames': page(user),
      'DELETE /api/v1/ssh_usernames/u-1': { status: 204 },
    },
    asks: [
      HOSTS,
      `GET /api/v1/ssh_usernames?page_size=100&node_id=${A}&username=deploy&page=1`,
      'DELETE /api/v1/ssh_usernames/u-1',
    ],
    prints: 'deploy can no longer sign in to web-1\n',
  },
]);
