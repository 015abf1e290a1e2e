import { AT, application, lines, one, runCases } from '#test/support/cli-cases.ts';

runCases([
  {
    line: 'admins metrics',
    routes: {
      'GET /api/v1/admins/me/metrics': one({
        timestamp: AT,
        application,
        commands: { execution_delivered_total: 9, execution_completed_total: 8 },
        database: { connections: { total: 3, idle: 2, waiting: 0 } },
        event_streams: { open: 1 },
        metadata: { assigned_clusters: 2, orphaned_clusters: 0, degraded: false },
        queues: [{ queue: 'audit', waiting: 4 }],
        sessions: { open: 5 },
      }),
    },
    asks: ['GET /api/v1/admins/me/metrics'],
    prints: lines(
      'process\tup 5h 25m, 80.0 MiB, 12.5 s of processor',
      'sessions\t5',
      'executions\t9 delivered, 8 ended',
      'clusters\t2 here, 0 without a controller',
      'state\troom for all',
      'event streams\t1',
      'database\t3 total, 2 idle, 0 waiting',
      'waiting: audit\t4',
    ),
  },
  {
    line: 'admins clusters',
    routes: { 'GET /api/v1/admins/edge_clusters': one({ 'admin-a': { 'cluster-x': ['n1', 'n2'] } }) },
    asks: ['GET /api/v1/admins/edge_clusters'],
    prints: 'CONTROLLER\tCLUSTER\tNODES\nadmin-a\tcluster-x\t2\n',
  },
]);
