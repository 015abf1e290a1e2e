import { key, one, page, runCases } from '#test/support/cli-cases.ts';

runCases([
  {
    line: 'keys create --cluster edge --name rollout --uses unlimited --expires 2027-01-01',
    routes: { 'POST /api/v1/clusters/edge/enrollment_keys': one(key, 201) },
    asks: [
      'POST /api/v1/clusters/edge/enrollment_keys {"name":"rollout","uses_remaining":null,"expired_at":"2027-01-01T00:00:00.000Z"}',
    ],
    prints: 'blob==\n',
  },
  {
    line: 'keys create',
    routes: { 'POST /api/v1/clusters/default/enrollment_keys': one(key, 201) },
    asks: ['POST /api/v1/clusters/default/enrollment_keys {}'],
    prints: 'blob==\n',
  },
  {
    line: 'keys create --tag web --tag eu',
    routes: {
      'POST /api/v1/clusters/default/enrollment_keys': {
        status: 403,
        json: { errors: [{ detail: 'no default cluster' }] },
      },
      'GET /api/v1/clusters': page({ name: 'home' }),
      'POST /api/v1/clusters/home/enrollment_keys': one(key, 201),
    },
    asks: [
      'POST /api/v1/clusters/default/enrollment_keys {"tags":["web","eu"]}',
      'GET /api/v1/clusters?page_size=100&page=1',
      'POST /api/v1/clusters/home/enrollment_keys {"tags":["web","eu"]}',
    ],
    prints: 'blob==\n',
  },
  {
    line: 'keys update k1 --uses 3 --expires never --name ',
    routes: { 'PATCH /api/v1/enrollment_keys/k1': one(key) },
    asks: ['PATCH /api/v1/enrollment_keys/k1 {"name":null,"uses_remaining":3,"expired_at":null}'],
    prints: 'changed k1\n',
  },
]);
