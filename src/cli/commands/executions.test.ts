import { A, AT, B, execution, one, page, runCases } from '#test/support/cli-cases.ts';

runCases([
  {
    line: 'executions list --command c1 --status completed --limit 1',
    routes: { 'GET /api/v1/command_executions': page(execution, execution) },
    asks: ['GET /api/v1/command_executions?page_size=100&command_id=c1&status=completed&page=1'],
    prints: `ID\tSTATUS\tEXIT\tNODE\tCOMMAND\tENDED\n${B}\tcompleted\t0\t${A}\techo hi\t${AT}\n`,
  },
  {
    line: `executions output ${B}`,
    routes: { [`GET /api/v1/command_executions/${B}`]: one(execution) },
    asks: [`GET /api/v1/command_executions/${B}`],
    prints: 'hi\n',
  },
  {
    line: 'executions cancel e1 e2',
    routes: {
      'PATCH /api/v1/command_executions/e1/cancel': one({ result: 'execution cancelled' }),
      'PATCH /api/v1/command_executions/e2/cancel': one({ result: 'cancellation request sent' }),
    },
    asks: ['PATCH /api/v1/command_executions/e1/cancel', 'PATCH /api/v1/command_executions/e2/cancel'],
    prints: 'e1: execution cancelled\ne2: cancellation request sent\n',
  },
  {
    line: 'executions cancel --command c1',
    routes: {
      'GET /api/v1/command_executions': {
        by: ({ url }) => page({ ...execution, id: url.includes('status=sent') ? 'e2' : 'e1' }),
      },
      'PATCH /api/v1/command_executions/e1/cancel': {
        status: 503,
        json: { error: { code: 'service_unavailable', message: 'the node is away' } },
      },
      'PATCH /api/v1/command_executions/e2/cancel': one({ result: 'execution cancelled' }),
    },
    asks: [
      'GET /api/v1/command_executions?page_size=100&command_id=c1&status=pending&page=1',
      'GET /api/v1/command_executions?page_size=100&command_id=c1&status=sent&page=1',
      'PATCH /api/v1/command_executions/e1/cancel',
      'PATCH /api/v1/command_executions/e2/cancel',
    ],
    prints: 'e1: the node is away\ne2: execution cancelled\n',
  },
]);
